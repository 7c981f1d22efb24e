"""Candidates that another detector publishes, in place of our own."""

from __future__ import annotations

from collections import deque
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.serialization import deserialize_message

from rex_thinker_ros.answering.detections import boxes_of
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.ros import detections
from rex_thinker_ros.ros.lazy_subscription import LazySubscription
from rex_thinker_ros.stamps import stamp_nanoseconds

_KEPT = 10


class CandidatesError(RuntimeError):
    """Candidates cannot come by topic here; the text says what to do."""


class GivenCandidates:
    """Keep the last vision_msgs/Detection2DArray of {prefix}candidates, by stamp.

    Used on one thread at a time.

    Raises:
        CandidatesError: vision_msgs is not installed.
    """

    def __init__(self, node: Node, prefix: str = "") -> None:
        if not detections.HAS_VISION_MSGS:
            raise CandidatesError(
                "candidates is topic, which needs vision_msgs. Install it "
                "(ros-$ROS_DISTRO-vision-msgs) or set candidates to detector."
            )
        self._node = node
        self.topic = node.resolve_topic_name(f"{prefix}candidates")
        self._subscription: LazySubscription | None = None
        self._last: deque[Any] = deque(maxlen=_KEPT)

    def start(self) -> None:
        """Subscribe."""
        # best effort hears every publisher, reliable or not
        qos = QoSProfile(depth=_KEPT, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._subscription = LazySubscription(
            self._node, detections.Detection2DArray, self.topic, qos,
            QoSOverridingOptions.with_default_policies(),
        )  # fmt: skip

    def stop(self) -> None:
        """Unsubscribe, and forget what came."""
        if self._subscription:
            self._subscription.destroy()
            self._subscription = None
        self._last.clear()

    def of(self, nanoseconds: int, category: str) -> tuple[Box, ...] | None:
        """Return the boxes full-image pixels, for the image of this stamp; None if none came."""
        while self._subscription and (taken := self._subscription.take()):
            try:
                self._last.append(deserialize_message(taken.data, detections.Detection2DArray))
            except Exception as error:  # noqa: BLE001 - each middleware raises errors of its own
                self._node.get_logger().warning(f"A message on {self.topic} is malformed: {error}")
        for message in reversed(self._last):
            if stamp_nanoseconds(message.header.stamp) == nanoseconds:
                return boxes_of(message.detections, category)
        return None
