"""The simulated world as its users see it: topics, services, parameters and the action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, PointStamped, PoseStamped
from node_process import NodeProcess, next_domain
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rendering import NO_RENDERING, can_render
from rex_thinker_ros.action import MoveGripper
from rex_thinker_ros.srv import PlaceObject, RemoveObject
from ros_client import Client
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header, String

if not can_render():
    pytest.skip(NO_RENDERING, allow_module_level=True)

TOPICS = {
    "image": Image, "image/compressed": CompressedImage, "depth": Image, "camera_info": CameraInfo,
}  # fmt: skip
LASTING = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class User:
    """One who sees all that the camera sees, and asks for changes."""

    def __init__(self, domain: int) -> None:
        self.client = Client(domain)
        self.node = self.client.node
        self.seen: dict[str, list[Any]] = {name: [] for name in TOPICS}
        self.poses: list[PoseStamped] = []
        self.held: list[str] = []
        self.clocks: list[Clock] = []
        for name, kind in TOPICS.items():
            self._hear(kind, name, self.seen[name].append, qos_profile_sensor_data)
        self._hear(PoseStamped, "camera_pose", self.poses.append, LASTING)
        self._hear(String, "holding", lambda message: self.held.append(message.data), LASTING)
        self._hear(Clock, "/clock", self.clocks.append, 10)
        self.gripper = ActionClient(self.node, MoveGripper, "move_gripper")
        self.client.wait(lambda: all(self.seen.values()) and self.poses)
        self.client.wait(self.gripper.server_is_ready)

    def _hear(self, kind: Any, topic: str, callback: Any, qos: Any) -> None:
        self.node.create_subscription(kind, topic, callback, qos)

    def next(self, name: str) -> Any:
        """Return a message that was made from now on."""
        before = len(self.seen[name])
        self.client.wait(lambda: len(self.seen[name]) > before + 1)
        return self.seen[name][-1]

    def at(self, stamp: Time, name: str) -> Any:
        """Return the message of a stamp."""
        seen = self.seen[name]
        return self.client.wait(lambda: next((m for m in seen if m.header.stamp == stamp), None))

    def call(self, kind: Any, service: str, /, **values: object) -> Any:
        """Call a service of the world."""
        client = self.node.create_client(kind, f"/tabletop_world/{service}")
        self.client.wait(client.service_is_ready)
        future = client.call_async(kind.Request(**values))
        self.client.wait(future.done)
        return future.result()

    def set(self, name: str, value: object) -> Any:
        """Set a parameter; return the result."""
        message = Parameter(name, value=value).to_parameter_msg()
        return self.call(SetParameters, "set_parameters", parameters=[message]).results[0]

    def send(
        self, x: float, y: float, z: float, *, suction: bool = False, frame: str = "table"
    ) -> Any:
        """Send the gripper; return the goal's handle."""
        target = PointStamped(header=Header(frame_id=frame), point=Point(x=x, y=y, z=z))
        future = self.gripper.send_goal_async(MoveGripper.Goal(target=target, suction=suction))
        self.client.wait(future.done)
        return future.result()

    def end(self, handle: Any) -> Any:
        """Wait for the end of a goal; return its status and result."""
        future = handle.get_result_async()
        self.client.wait(future.done)
        return future.result()

    def go(self, x: float, y: float, z: float, *, suction: bool = False) -> Any:
        """Send the gripper and wait; return the result."""
        return self.end(self.send(x, y, z, suction=suction)).result


@pytest.fixture(scope="module")
def user() -> Iterator[User]:
    """Return a user of a running world with its own clock."""
    domain = next_domain()
    parameters = {"gripper_speed": 4.0, "publish_clock": True, "rate": 20.0}
    process = NodeProcess(domain, parameters, executable="tabletop_world")
    try:
        process.wait_for_line("Scene 1")
        user = User(domain)
        yield user
        assert process.stop() == 0
        user.client.close()
    finally:
        process.kill()


def test_image_depth_and_intrinsics_belong_together(user: User) -> None:
    depth = user.next("depth")
    image, info = (user.at(depth.header.stamp, name) for name in ("image", "camera_info"))
    assert {message.header.frame_id for message in (image, depth, info)} == {
        "camera_color_optical_frame"
    }
    assert (image.width, image.height, image.encoding) == (640, 480, "rgb8")
    assert (depth.width, depth.height, depth.encoding) == (640, 480, "32FC1")
    assert (info.width, info.height) == (640, 480)
    metres = np.frombuffer(depth.data, np.float32)
    assert 0.3 < metres.min() < metres.max() < 30


def test_the_compressed_image_is_the_same_picture(user: User) -> None:
    raw = user.next("image")
    small = user.seen["image/compressed"][-1]
    bgr = cv2.imdecode(np.frombuffer(small.data, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    rgb = np.frombuffer(raw.data, np.uint8).reshape(480, 640, 3)
    assert np.abs(bgr[..., ::-1].astype(int) - rgb).mean() < 3


def test_time_goes_on_with_the_images(user: User) -> None:
    stamp = user.next("image").header.stamp
    user.client.wait(lambda: any(clock.clock == stamp for clock in user.clocks))


def test_the_pose_takes_depth_to_the_table(user: User) -> None:
    """What the camera sees where its axis meets the empty table lies at height 0."""
    assert user.set("camera_pose", [0.0, -0.8, 0.6, 0.0, -0.2, 0.0]).successful
    user.client.wait(lambda: abs(user.poses[-1].pose.position.y + 0.8) < 1e-6)
    for name in _names(user):
        assert user.call(RemoveObject, "remove_object", name=name).success
    depth = np.frombuffer(user.next("depth").data, np.float32).reshape(480, 640)
    assert depth[240, 320] == pytest.approx(np.hypot(0.6, 0.6), abs=0.01)


def test_objects_are_placed_moved_and_lifted(user: User) -> None:
    before = user.next("image").data
    placed = user.call(PlaceObject, "place_object", category="can", color="red", x=0.1, y=0.0)
    assert placed.success
    assert user.next("image").data != before
    assert user.call(PlaceObject, "place_object", name=placed.name, x=0.2, y=0.1).success
    user.go(0.2, 0.1, 0.4)
    down = user.go(0.2, 0.1, 0.0, suction=True)
    assert (down.reached, down.holding) == (False, placed.name)
    assert down.position.z == pytest.approx(0.12, abs=0.06)  # the can's lid
    assert user.go(0.2, 0.1, 0.4, suction=True).holding == placed.name
    assert user.held[-1] == placed.name
    assert user.go(0.9, 0.0, 0.4, suction=True).reached
    assert user.go(0.0, -1.5, 0.9).holding == ""
    user.client.wait(lambda: user.held[-1] == "")
    assert not user.call(RemoveObject, "remove_object", name=placed.name).success  # it is gone


def test_another_scene_is_laid_out(user: User) -> None:
    before = user.next("image").data
    assert user.set("scene", 7).successful
    assert user.next("image").data != before
    names = _names(user)
    assert user.set("scene", 7).successful
    assert _names(user) == names


@pytest.mark.parametrize(
    ("name", "value"),
    [("camera_pose", [1.0]), ("camera_pose", [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), ("scene", -1),
     ("rate", 5.0)],
    ids=["too few", "straight below", "no such scene", "read only"],
)  # fmt: skip
def test_what_cannot_be_set_is_refused(user: User, name: str, value: object) -> None:
    result = user.set(name, value)
    assert not result.successful
    assert result.reason


def test_what_cannot_be_placed_is_refused_with_the_reason(user: User) -> None:
    answer = user.call(PlaceObject, "place_object", category="spoon", color="red")
    assert not answer.success
    assert "choose block, ball, can" in answer.message


def test_a_target_in_another_frame_is_rejected(user: User) -> None:
    assert not user.send(0.0, 0.0, 0.4, frame="camera_color_optical_frame").accepted


def test_a_target_out_of_reach_is_given_up(user: User) -> None:
    assert user.end(user.send(0.0, 0.0, 9.0)).status == GoalStatus.STATUS_ABORTED


def test_a_newer_target_ends_an_older_one(user: User) -> None:
    first = user.send(0.5, 0.4, 0.9)
    second = user.send(0.0, -1.5, 0.9)
    assert user.end(first).status == GoalStatus.STATUS_ABORTED
    assert user.end(second).status == GoalStatus.STATUS_SUCCEEDED


def test_a_canceled_goal_stops_the_gripper(user: User) -> None:
    handle = user.send(0.0, 1.5, 0.9)
    future = handle.cancel_goal_async()
    user.client.wait(future.done)
    ended = user.end(handle)
    assert ended.status == GoalStatus.STATUS_CANCELED
    assert not ended.result.reached
    user.go(0.0, -1.5, 0.9)


def _names(user: User) -> list[str]:
    """Return the names of what stands on the table: the refusal of another name tells them."""
    message = user.call(RemoveObject, "remove_object", name="?").message
    return [name for name in message.split("there are ")[-1].split(", ") if name]
