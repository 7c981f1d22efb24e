"""Turn a sentence and an image into one checked referral; free of ROS and of torch."""
