"""Understand which object a pick command means, and say so over ROS 2."""

from pkgutil import extend_path

# rosidl installs rex_thinker_ros.msg and .action elsewhere: find them from a checkout too.
__path__ = extend_path(__path__, __name__)
