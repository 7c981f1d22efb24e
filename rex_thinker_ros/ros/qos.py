"""Image subscriptions that ask for no more than the publishers offer."""

from __future__ import annotations

import threading

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSPolicyKind, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.timer import Timer
from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.ros.lazy_subscription import LazySubscription, Taken
from rex_thinker_ros.ros.parameter_fields import ParameterError

_FOLLOW_SECONDS = 1.0
_BY_NAME = {"reliable": ReliabilityPolicy.RELIABLE, "best_effort": ReliabilityPolicy.BEST_EFFORT}
_UNDECIDED = "auto"


class ImageSubscription:
    """Keep the latest serialized image, received reliably where all publishers are reliable.

    `topic` is that of the raw images; compressed ones come on topic/compressed.

    `image_qos` is auto, reliable or best_effort; the parameters qos_overrides.TOPIC.subscription
    .{history,depth,reliability} win over it.
    """

    def __init__(
        self,
        node: Node,
        message_type: type[Image | CompressedImage],
        topic: str,
        image_qos: str,
    ) -> None:
        self._node = node
        self._type = message_type
        self.topic = node.resolve_topic_name(topic)
        if message_type is CompressedImage:
            # as image transports do: who remaps image moves image/compressed along with it
            self.topic = node.resolve_topic_name(f"{self.topic}/compressed")
        self._fixed = _BY_NAME.get(self._declare_reliability(image_qos))
        self._lock = threading.Lock()
        self._subscription: LazySubscription | None = None
        self._last: Taken | None = None  # of the subscription before this one
        self.reliability = self._fixed or ReliabilityPolicy.BEST_EFFORT
        self._timer: Timer | None = None

    def start(self) -> None:
        """Subscribe."""
        self._subscribe(self._wanted())
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self._node.create_timer(_FOLLOW_SECONDS, self._follow, clock=steady)

    def stop(self) -> None:
        """Unsubscribe."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None
        with self._lock:
            self._unsubscribe()
            self._last = None

    def take(self) -> Taken | None:
        """Return the latest image if it was not taken yet; callable from any thread."""
        with self._lock:
            taken = self._subscription.take() if self._subscription else None
            last, self._last = self._last, None
            return taken or last

    def publishers(self) -> int:
        """Count the publishers of the topic."""
        return self._node.count_publishers(self.topic)

    def mismatch(self) -> str:
        """Say why some publishers cannot be heard; empty if all can."""
        offered = self._offered()
        deaf = offered.count(ReliabilityPolicy.BEST_EFFORT)
        if self.reliability is not ReliabilityPolicy.RELIABLE or not deaf:
            return ""
        return (
            f"{deaf} of {len(offered)} publishers of {self.topic} are best effort, the "
            "subscription is reliable and does not hear them: set image_qos to auto"
        )

    def _declare_reliability(self, image_qos: str) -> str:
        # rclpy would declare the reliability of the first subscription as the override of all
        # later ones: declaring it here keeps auto apart from what the user asked for
        name = f"qos_overrides.{self.topic}.subscription.reliability"
        if not self._node.has_parameter(name):
            self._node.declare_parameter(name, _UNDECIDED)
        override = str(self._node.get_parameter(name).value)
        if override not in (_UNDECIDED, *_BY_NAME):
            raise ParameterError(
                f"parameter {name} is '{override}': it must be one of {', '.join(_BY_NAME)}"
            )
        return image_qos if override == _UNDECIDED else override

    def _offered(self) -> list[ReliabilityPolicy]:
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        return [publisher.qos_profile.reliability for publisher in publishers]

    def _wanted(self) -> ReliabilityPolicy:
        offered = self._offered()
        if self._fixed:
            return self._fixed
        reliable = offered and all(one is ReliabilityPolicy.RELIABLE for one in offered)
        return ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT

    def _follow(self) -> None:
        wanted = self._wanted()
        if wanted is not self.reliability:
            self._node.get_logger().info(f"Subscribing to {self.topic} as {wanted.name} now.")
            self._subscribe(wanted)

    def _subscribe(self, reliability: ReliabilityPolicy) -> None:
        overriding = QoSOverridingOptions((QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH))
        qos = QoSProfile(depth=1, reliability=reliability)
        with self._lock:
            self._unsubscribe()
            self.reliability = reliability
            self._subscription = LazySubscription(
                self._node, self._type, self.topic, qos, overriding
            )

    def _unsubscribe(self) -> None:
        if self._subscription is not None:
            self._last = self._subscription.take() or self._last
            self._subscription.destroy()
            self._subscription = None
