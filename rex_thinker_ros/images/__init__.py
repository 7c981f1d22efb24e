"""Pixels of image messages, whatever library made them: no ROS here."""
