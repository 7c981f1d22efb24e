"""The node `tabletop_world`: a simulated tabletop with a camera over it and a gripper."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import rclpy
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.sim.camera_messages import Shot, camera_info, camera_pose
from rex_thinker_ros.sim.move_action import MoveAction
from rex_thinker_ros.sim.tabletop import Tabletop
from rex_thinker_ros.srv import PlaceObject, RemoveObject
from rex_thinker_ros.stamps import NANOSECONDS

IMAGE = Size(640, 480)
_STEADY = Clock(clock_type=ClockType.STEADY_TIME)


class TabletopWorld(Node):
    """Publish what the camera sees, move the gripper, and change the scene when asked."""

    def __init__(self) -> None:
        super().__init__("tabletop_world")
        scene = self._declare("scene", 1, "number of the scene; another one lays it out anew")
        rate = self._declare("rate", 10.0, "images a second", 1.0, 30.0)
        pose = self._declare(
            "camera_pose", Parameter.Type.DOUBLE_ARRAY,
            "x, y, z of the camera, then of what it looks at, in metres; unset: as in the scene",
        )  # fmt: skip
        speed = self._declare("gripper_speed", 0.8, "metres a second", 0.05, 5.0)
        self._own_clock = self._declare("publish_clock", False, "give the time on /clock")
        self._speed = speed
        self._table = Tabletop(scene, IMAGE, gripper_speed=speed)
        self._image = self.create_publisher(Image, "image", qos_profile_sensor_data)
        self._compressed = self.create_publisher(
            CompressedImage, "image/compressed", qos_profile_sensor_data
        )
        self._depth = self.create_publisher(Image, "depth", qos_profile_sensor_data)
        self._info = self.create_publisher(CameraInfo, "camera_info", qos_profile_sensor_data)
        lasting = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._pose = self.create_publisher(PoseStamped, "camera_pose", lasting)
        self._holding = self.create_publisher(String, "holding", lasting)
        self._held = ""
        self._times = self.create_publisher(ClockMessage, "/clock", 10)
        self._move = MoveAction(self, lambda: self._table)
        self.create_service(PlaceObject, "~/place_object", self._on_place)
        self.create_service(RemoveObject, "~/remove_object", self._on_remove)
        self.add_on_set_parameters_callback(self._on_parameters)
        self._aim(pose)
        self._last = time.monotonic()
        self.create_timer(1 / rate, self._tick, clock=_STEADY)  # also while /clock stands still
        self.get_logger().info(f"Scene {scene}: {', '.join(sorted(self._table.objects))}")

    def close(self) -> None:
        """End what goes on and free the renderer."""
        self._move.destroy()
        self._table.close()

    def _declare(
        self, name: str, default: Any, text: str, least: float | None = None, most: float = 0.0
    ) -> Any:
        descriptor = ParameterDescriptor(description=text)
        if least is not None:
            span = FloatingPointRange(from_value=least, to_value=most)
            descriptor.floating_point_range = [span]
            descriptor.read_only = True
        elif name == "scene":
            descriptor.integer_range = [IntegerRange(from_value=0, to_value=999_999, step=1)]
        self.declare_parameter(name, default, descriptor)
        return self._value(name)

    def _value(self, name: str) -> Any:
        """Return a parameter's value, None if it is not set."""
        return self.get_parameter_or(name, Parameter(name)).value

    def _tick(self) -> None:
        """Let the time that has passed pass on the table, and show it."""
        now = time.monotonic()
        self._table.advance(now - self._last)
        self._last = now
        self._move.tick()
        if self._table.holding != self._held:
            self._held = self._table.holding
            self._holding.publish(String(data=self._held))
        stamp = self._stamp()
        if self._own_clock:
            self._times.publish(ClockMessage(clock=stamp))
        shot = Shot(self._table.look(), stamp)
        for publisher, message in (
            (self._info, lambda: camera_info(self._table.camera, IMAGE, shot.header)),
            (self._depth, shot.depth),
            (self._image, shot.image),
            (self._compressed, shot.compressed),
        ):
            if publisher.get_subscription_count():
                publisher.publish(message())

    def _stamp(self) -> Time:
        if not self._own_clock:
            return self.get_clock().now().to_msg()
        seconds, nanoseconds = divmod(time.monotonic_ns(), NANOSECONDS)
        return Time(sec=seconds, nanosec=nanoseconds)

    def _aim(self, pose: Sequence[float] | None) -> None:
        if pose is not None:
            x, y, z, target_x, target_y, target_z = pose
            self._table.aim(
                replace(
                    self._table.camera,
                    position=(x, y, z),
                    target=(target_x, target_y, target_z),
                )
            )
        self._pose.publish(camera_pose(self._table.camera, self._stamp()))

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        new = {parameter.name: parameter.value for parameter in parameters}
        pose = new.get("camera_pose", self._value("camera_pose"))
        if pose is not None and (len(pose) != 6 or list(pose[:2]) == list(pose[3:5])):
            text = (
                "camera_pose: x, y, z of the camera, then of what it looks at, not straight below"
            )
            return SetParametersResult(successful=False, reason=text)
        if "scene" in new:
            self._move.stop()
            self._table.close()
            self._table = Tabletop(new["scene"], IMAGE, gripper_speed=self._speed)
            self.get_logger().info(
                f"Scene {new['scene']}: {', '.join(sorted(self._table.objects))}"
            )
        if new.keys() & {"scene", "camera_pose"}:
            self._aim(pose)
        return SetParametersResult(successful=True)

    def _on_place(
        self, request: PlaceObject.Request, response: PlaceObject.Response
    ) -> PlaceObject.Response:
        try:
            if request.name:
                self._table.move(request.name, request.x, request.y)
                response.name = request.name
            else:
                response.name = self._table.place(
                    request.category, request.color, request.x, request.y
                )
            response.success = True
        except ValueError as error:
            response.message = str(error)
        return response

    def _on_remove(
        self, request: RemoveObject.Request, response: RemoveObject.Response
    ) -> RemoveObject.Response:
        try:
            self._table.remove(request.name)
            response.success = True
        except ValueError as error:
            response.message = str(error)
        return response


def main() -> None:
    """Run the node until a signal ends it."""
    rclpy.init()
    node = TabletopWorld()
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        executor.spin()
    node.close()
    node.destroy_node()
    rclpy.try_shutdown()
