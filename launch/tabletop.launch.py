"""Launch the simulated tabletop, the node `refer` with the demo's models, and the picker.

Commands are given on the topic `command`; `ros2 topic echo /picker/said` shows what the robot says.
"""

from __future__ import annotations

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

ARGUMENTS = {
    "model": ("demo", "model profile of the node"),
    "scene": ("1", "number of the table's scene"),
    "rate": ("10.0", "images a second, 1 to 30"),
    "web": ("false", "true: a page to talk on, at http://127.0.0.1:7861"),
}


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments and the three nodes; the launch ends with the node `refer`."""
    refer = PathJoinSubstitution([FindPackageShare("rex_thinker_ros"), "launch", "refer.launch.py"])
    world = {
        "scene": ParameterValue(LaunchConfiguration("scene"), value_type=int),
        "rate": ParameterValue(LaunchConfiguration("rate"), value_type=float),
    }
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(name, default_value=value, description=text)
                for name, (value, text) in ARGUMENTS.items()
            ),
            # first: it sets the DDS profile, which the images need on both sides
            IncludeLaunchDescription(
                refer, launch_arguments={"model": LaunchConfiguration("model")}.items()
            ),
            Node(package="rex_thinker_ros", executable="tabletop_world", parameters=[world]),
            Node(package="rex_thinker_ros", executable="picker", output="screen"),
            Node(
                package="rex_thinker_ros",
                executable="tabletop_page",
                output="screen",
                condition=IfCondition(LaunchConfiguration("web")),
            ),
        ]
    )
