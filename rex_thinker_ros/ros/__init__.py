"""The thin ROS 2 shell around the core: one lifecycle node and its small parts."""
