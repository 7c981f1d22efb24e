"""One who gives commands to a running node and listens to its answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String

from rex_thinker_ros.msg import Referral
from rex_thinker_ros.referring.detector import RgbImage

NODE = "/refer"
_RETRY_SECONDS = 2.0
_PICTURE_SECONDS = 2.0


@dataclass(frozen=True)
class Reply:
    """A terminal result, the seconds since its command was published, and its picture.

    picture is the node's annotated image, (H, W, 3) uint8 RGB; None where no image was examined.
    """

    referral: Referral
    seconds: float
    picture: RgbImage | None


class Commander:
    """Give one command at a time; `check` is called while waiting, to raise when it is in vain."""

    def __init__(self, node: Node, check: Callable[[], None]) -> None:
        self._node = node
        self._check = check
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._arrived: list[tuple[Referral, float]] = []
        self._pictures: list[Image] = []
        self._sentence = ""
        self._on_text: Callable[[str], None] | None = None
        lasting = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.create_subscription(Referral, f"{NODE}/referral", self._hear_referral, lasting)
        node.create_subscription(String, f"{NODE}/reasoning", self._hear_text, 50)
        node.create_subscription(Image, f"{NODE}/annotated", self._hear_picture, 5)
        self._command = node.create_publisher(String, "/command", 10)

    def wait_until(self, done: Callable[[], bool], timeout_seconds: float) -> bool:
        """Spin until `done()`; return False if the time is over before that."""
        deadline = time.monotonic() + timeout_seconds
        while not done():
            if time.monotonic() > deadline:
                return False
            self._check()
            self._executor.spin_once(timeout_sec=0.02)
        return True

    def wait_until_active(self, timeout_seconds: float) -> bool:
        """Wait until the node is active and all topics are matched; return False if it is late."""
        client = self._node.create_client(GetState, f"{NODE}/get_state")
        topics = [f"{NODE}/{name}" for name in ("referral", "reasoning", "annotated")]
        deadline = time.monotonic() + timeout_seconds
        active = False
        while not active and time.monotonic() < deadline:
            if not self.wait_until(client.service_is_ready, deadline - time.monotonic()):
                break
            answer = client.call_async(GetState.Request())
            # a reply that is sent before both sides have met is lost: ask again
            if self.wait_until(answer.done, _RETRY_SECONDS):
                active = answer.result().current_state.id == State.PRIMARY_STATE_ACTIVE
        self._node.destroy_client(client)
        return active and self.wait_until(
            lambda: (
                self._command.get_subscription_count() > 0
                and all(self._node.count_publishers(topic) for topic in topics)
            ),
            deadline - time.monotonic(),
        )

    def ask(
        self, sentence: str, *, timeout_seconds: float, on_text: Callable[[str], None]
    ) -> Reply | None:
        """Publish a command and wait for its terminal result; None if there is none in time.

        `on_text` is given the whole reasoning so far, whenever it has grown.
        """
        self._sentence, self._arrived, self._pictures = sentence, [], []
        self._on_text = on_text
        start = time.monotonic()
        self._command.publish(String(data=sentence))
        arrived = self.wait_until(lambda: bool(self._arrived), timeout_seconds)
        self._on_text = None
        if not arrived:
            return None
        referral, end = self._arrived[0]
        return Reply(referral, end - start, self._wait_for_picture(referral))

    def _wait_for_picture(self, referral: Referral) -> RgbImage | None:
        stamp = referral.header.stamp
        if stamp.sec == 0 and stamp.nanosec == 0:
            return None

        def has_come() -> bool:
            return any(picture.header.stamp == stamp for picture in self._pictures)

        return _rgb(self._pictures[-1]) if self.wait_until(has_come, _PICTURE_SECONDS) else None

    def _hear_referral(self, message: Referral) -> None:
        if message.command == self._sentence:
            self._arrived.append((message, time.monotonic()))

    def _hear_text(self, message: String) -> None:
        if self._on_text:
            self._on_text(message.data)

    def _hear_picture(self, message: Image) -> None:
        self._pictures.append(message)


def _rgb(message: Image) -> RgbImage:
    """Convert the rgb8 image that the node annotates with."""
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
    return rows.copy()
