"""Launch the node `refer`; `ros2 launch rex_thinker_ros refer.launch.py --show-args` lists all."""

from __future__ import annotations

import os

import yaml
from launch import Action, LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable, Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

# Arguments that are parameters of the node: an empty one leaves the params_file its say.
OVERRIDES = {
    "model": "model profile: rex_thinker_7b (its weights must be on this machine) or demo",
    "device": "where the models run: auto, cpu, cuda or cuda:N",
    "use_sim_time": "true: take the time from /clock",
    "autostart": "true: configure and activate at once, fail if that fails; false: wait to be told",
}

# Arguments that are topics of the node: their own names, unless they are remapped.
TOPICS = {
    "image": "camera topic; with image_transport compressed its name before /compressed",
    "command": "topic of the commands (std_msgs/String)",
    "depth": "depth registered to the image (sensor_msgs/Image), for pick points",
    "camera_info": "the camera's intrinsics (sensor_msgs/CameraInfo), for pick points",
    "candidates": "another detector's boxes, where the parameter candidates is topic",
}


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments, the DDS profile and the node."""
    config = PathJoinSubstitution([FindPackageShare("rex_thinker_ros"), "config"])
    arguments = [
        *(
            DeclareLaunchArgument(name, default_value="", description=f"{text}; empty: params_file")
            for name, text in OVERRIDES.items()
        ),
        *(
            DeclareLaunchArgument(name, default_value=name, description=text)
            for name, text in TOPICS.items()
        ),
        DeclareLaunchArgument("namespace", default_value="", description="namespace of the node"),
        DeclareLaunchArgument(
            "params_file",
            default_value=PathJoinSubstitution([config, "refer.yaml"]),
            description="YAML file of parameters; the model there is rex_thinker_7b",
        ),
        DeclareLaunchArgument(
            "log_level", default_value="info", description="debug, info, warn, error or fatal"
        ),
    ]
    profile = PathJoinSubstitution([config, "fastdds_shm64.xml"])
    return LaunchDescription(
        [*arguments, large_image_profile(profile), OpaqueFunction(function=node)]
    )


def large_image_profile(profile: PathJoinSubstitution) -> Action:
    """Let Fast DDS carry whole images, unless the user chose a profile."""
    # Fast DDS 3, which Kilted brought, renamed the variable; with both set it complains
    old = os.environ.get("ROS_DISTRO") in ("humble", "iron", "jazzy")
    name = f"{'FASTRTPS' if old else 'FASTDDS'}_DEFAULT_PROFILES_FILE"
    return SetEnvironmentVariable(name, EnvironmentVariable(name, default_value=profile))


def node(context: LaunchContext) -> list[Action]:
    """Return the node, with those parameters that were given as arguments."""
    given = {name: context.launch_configurations[name] for name in OVERRIDES}
    parameters = {name: yaml.safe_load(value) for name, value in given.items() if value}
    return [
        Node(
            package="rex_thinker_ros",
            executable="refer_node",
            name="refer",
            namespace=LaunchConfiguration("namespace"),
            parameters=[LaunchConfiguration("params_file"), parameters],
            remappings=[
                *((name, LaunchConfiguration(name)) for name in TOPICS),
                ("image/compressed", [LaunchConfiguration("image"), "/compressed"]),
            ],
            ros_arguments=["--log-level", LaunchConfiguration("log_level")],
            output="screen",
            emulate_tty=True,
            on_exit=end_launch,
        )
    ]


def end_launch(event: ProcessExited, context: LaunchContext) -> list[Action]:
    """End with the node; an error here is what makes the launch's own exit code 1."""
    if event.returncode != 0 and not context.is_shutdown:
        raise RuntimeError(f"refer_node failed with exit code {event.returncode}; its log says why")
    return [Shutdown(reason="refer_node has ended")]
