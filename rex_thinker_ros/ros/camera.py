"""The camera as the node sees it: a subscription and its latest frame."""

from __future__ import annotations

import time

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.ros.diagnostics import ImageHealth
from rex_thinker_ros.ros.frames import Frames
from rex_thinker_ros.ros.qos import ImageSubscription


class Camera:
    """Receive images of a transport, raw or compressed, between start and stop."""

    def __init__(self, node: Node, transport: str, image_qos: str) -> None:
        message_type = CompressedImage if transport == "compressed" else Image
        self.frames = Frames(
            message_type,
            lambda: int(node.get_clock().now().nanoseconds),
            node.get_logger().warning,
        )
        self._subscription = ImageSubscription(node, message_type, image_qos, self.frames.receive)
        self._started = time.monotonic()

    def start(self) -> None:
        """Subscribe."""
        self._started = time.monotonic()
        self._subscription.start()

    def stop(self) -> None:
        """Unsubscribe, and forget the latest frame."""
        self._subscription.stop()
        self.frames.clear()

    def health(self) -> ImageHealth:
        """Describe how images arrive."""
        silence = self.frames.seconds_since_last()
        return ImageHealth(
            topic=self._subscription.topic,
            publishers=self._subscription.publishers(),
            reliability=self._subscription.reliability.name.lower(),
            mismatch=self._subscription.mismatch(),
            frames=self.frames.count,
            silence_seconds=time.monotonic() - self._started if silence is None else silence,
        )
