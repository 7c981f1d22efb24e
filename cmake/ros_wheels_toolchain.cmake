# For ROS 2 from wheels only: repairs what the wheels' exports carry from their build machine.
# Give this file as CMAKE_TOOLCHAIN_FILE; the scripts and setup.py do.
set(CMAKE_PROJECT_INCLUDE "${CMAKE_CURRENT_LIST_DIR}/clean_ros_wheels.cmake")
