"""The node `picker`: act on a Referral, and turn everything else into a sentence to the user.

A pattern to copy: a pick point counts only if the status is FOUND, the image is of the expected
camera and recent, and a depth image taken since then still shows a surface where the point was.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import rclpy
from geometry_msgs.msg import Point, PointStamped, PoseStamped
from rclpy.action import ActionClient
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Bool, Header, String

from rex_thinker_ros.action import MoveGripper
from rex_thinker_ros.msg import Referral

LASTING = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
HOME, TRAY = (0.0, -1.5, 0.9), (0.9, 0.0, 0.45)  # metres, frame table
TRAVEL, PATIENCE = 0.45, 20.0  # metres over all objects with one hanging; seconds for a motion
INSET, MOVED = 0.012, 0.02  # metres from a surface into the object, and that it may be off


class Picker(Node):
    """Pick what was found; parameters: camera_frame, and max_age of an image in seconds."""

    def __init__(self) -> None:
        super().__init__("picker")
        self._camera_frame = self.declare_parameter("camera_frame", "camera_color_optical_frame")
        self._max_age = self.declare_parameter("max_age", 5.0)
        self._said = self.create_publisher(String, "~/said", LASTING)
        self._working = self.create_publisher(Bool, "~/busy", LASTING)
        self._gripper = ActionClient(self, MoveGripper, "move_gripper")
        self._newest: dict[str, Any] = {}  # message by topic
        keep = self._newest.__setitem__
        for kind, topic in ((CameraInfo, "camera_info"), (Image, "depth")):
            self.create_subscription(kind, topic, partial(keep, topic), qos_profile_sensor_data)
        self.create_subscription(PoseStamped, "camera_pose", partial(keep, "camera_pose"), LASTING)
        self._busy = threading.Lock()
        self.create_subscription(Referral, "refer/referral", self._on_referral, LASTING)

    def _on_referral(self, referral: Referral) -> None:
        if objection := self._objection(referral):
            self._say(objection)
        elif not self._busy.acquire(blocking=False):
            self._say(f"I am still picking. Please say again: {referral.command}")
        else:  # motions take seconds, and callbacks must go on meanwhile
            threading.Thread(target=self._pick_all, args=(referral,), daemon=True).start()

    def _objection(self, referral: Referral) -> str:
        """Return why a referral must not be acted on, empty if it may."""
        if referral.status != Referral.FOUND:
            return str(referral.status_text)
        if referral.header.frame_id != self._camera_frame.value:
            return f"That was seen by another camera, {referral.header.frame_id}."
        age = (self.get_clock().now() - Time.from_msg(referral.header.stamp)).nanoseconds / 1e9
        if not 0 <= age <= self._max_age.value:
            return f"What I saw is {age:.1f} s old. Please say it again."
        if len(referral.pick_points) < len(referral.boxes):
            return "I see it, but not how far away it is."
        return ""

    def _pick_all(self, referral: Referral) -> None:
        self._working.publish(Bool(data=True))
        try:
            for pick in referral.pick_points:
                point = np.array([pick.point.x, pick.point.y, pick.point.z])
                if objection := self._changed(point):
                    return self._say(objection)
                self._pick(point, referral.category)
        except TimeoutError:
            self._say("The gripper does not answer.")
        finally:
            self._busy.release()
            self._working.publish(Bool(data=False))

    def _changed(self, point: np.ndarray) -> str:
        """Return what speaks against a point (3,) of the camera's frame, by the next depth."""
        if len(self._newest) < 3:
            return "I do not know where the camera is, or get no depth from it."
        asked, until = self.get_clock().now(), time.monotonic() + self._max_age.value
        while Time.from_msg((depth := self._newest["depth"]).header.stamp) < asked:
            if time.monotonic() > until:
                return "The camera has stopped. I am not reaching for what I cannot see."
            time.sleep(0.01)
        info = self._newest["camera_info"]
        column, row = (int(info.k[4 * i] * point[i] / point[2] + info.k[3 * i + 2]) for i in (0, 1))
        metres = np.frombuffer(depth.data, np.float32).reshape(depth.height, depth.width)
        around = metres[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
        if around.size == 0 or abs(float(np.median(around)) - point[2]) > MOVED:
            return "It is not there any more. Please say it again."
        return ""

    def _pick(self, point: np.ndarray, category: str) -> None:
        over = self._aim(point)
        self._move(*over, TRAVEL, suction=False)
        self._move(*over, 0.0, suction=True)  # stops at the first touch
        holding = self._move(*over, TRAVEL, suction=True)
        self._say(f"I hold the {category}: {holding}." if holding else "I missed it.")
        if holding:
            self._move(*TRAY, suction=True)
        self._move(*HOME, suction=False)  # lets go first

    def _aim(self, point: np.ndarray) -> tuple[float, float]:
        """Return where to come down, in the table's frame: a little behind the visible surface."""
        pose = self._newest["camera_pose"].pose
        at, turn = pose.position, pose.orientation
        axis = np.array([turn.x, turn.y, turn.z])
        point = point * (1 + INSET / np.linalg.norm(point))
        turned = point + 2 * np.cross(axis, np.cross(axis, point) + turn.w * point)
        return float(at.x + turned[0]), float(at.y + turned[1])

    def _move(self, x: float, y: float, z: float, *, suction: bool) -> str:
        """Move the cup, and return what hangs on it then. TimeoutError without an answer."""
        target = PointStamped(header=Header(frame_id="table"), point=Point(x=x, y=y, z=z))
        goal = MoveGripper.Goal(target=target, suction=suction)
        accepted = _wait(self._gripper.send_goal_async(goal))
        return str(_wait(accepted.get_result_async()).result.holding)

    def _say(self, sentence: str) -> None:
        self.get_logger().info(sentence)
        self._said.publish(String(data=sentence))


def _wait(future: Any) -> Any:
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    if not done.wait(PATIENCE):
        raise TimeoutError
    return future.result()


def main() -> None:
    """Run the node until a signal ends it."""
    rclpy.init()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(Picker())
    rclpy.try_shutdown()
