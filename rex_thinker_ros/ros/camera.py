"""A camera as the node sees it: subscriptions, its latest frame, its depth."""

from __future__ import annotations

import time
from functools import partial

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.ros.clock import now_nanoseconds
from rex_thinker_ros.ros.depth import Depth
from rex_thinker_ros.ros.frames import Frames
from rex_thinker_ros.ros.given_candidates import GivenCandidates
from rex_thinker_ros.ros.image_health import ImageHealth
from rex_thinker_ros.ros.parameters import Parameters
from rex_thinker_ros.ros.qos import ImageSubscription


class Camera:
    """Receive images, and depth where pick points are wanted, between start and stop.

    A camera with a name has its topics under it, such as left/image.
    """

    def __init__(self, node: Node, name: str, settings: Parameters) -> None:
        self.name = name
        self.logger = node.get_logger()
        prefix = f"{name}/" if name else ""
        message_type = CompressedImage if settings.image_transport == "compressed" else Image
        self.candidates = GivenCandidates(node, prefix) if settings.candidates == "topic" else None
        self.depth = Depth(node, prefix) if settings.pick_point else None
        self._subscription = ImageSubscription(
            node, message_type, f"{prefix}image", settings.image_qos
        )
        self.frames = Frames(
            message_type,
            self._subscription.take,
            partial(now_nanoseconds, node),
            self.logger.warning,
        )
        self._started = time.monotonic()

    def start(self) -> None:
        """Subscribe."""
        self._started = time.monotonic()
        self._subscription.start()
        if self.depth:
            self.depth.start()
        if self.candidates:
            self.candidates.start()

    def stop(self) -> None:
        """Unsubscribe, and forget the latest frame."""
        self._subscription.stop()
        self.frames.clear()
        if self.depth:
            self.depth.stop()
        if self.candidates:
            self.candidates.stop()

    def health(self) -> ImageHealth:
        """Describe how images arrive."""
        silence = self.frames.seconds_since_last()
        return ImageHealth(
            name=self.name,
            topic=self._subscription.topic,
            publishers=self._subscription.publishers(),
            reliability=self._subscription.reliability.name.lower(),
            mismatch=self._subscription.mismatch(),
            frames=self.frames.count(),
            silence_seconds=time.monotonic() - self._started if silence is None else silence,
            age_seconds=self.frames.age_seconds(),
        )
