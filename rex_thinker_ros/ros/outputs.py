"""What the node publishes about its commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PointStamped
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import Image
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from rex_thinker_ros.answering.result import Looked, Result
from rex_thinker_ros.msg import Referral as ReferralMessage
from rex_thinker_ros.referring.annotation import annotate
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros import detections
from rex_thinker_ros.ros.markers import marker_message
from rex_thinker_ros.ros.messages import image_message, point_messages, referral_message

_DEPTH = 10
_DELIVERY_SECONDS = 0.3
_BURST_SECONDS = 0.2
# what was given up has no verdicts worth a picture
_UNDECIDED = {Outcome.PREEMPTED, Outcome.CANCELED}


class Outputs:
    """Publish results and progress, from any thread; nothing is made that nobody listens to."""

    def __init__(self, node: Node) -> None:
        lasting = QoSProfile(depth=_DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._node = node
        self._since_delivery = 0
        self._logger = node.get_logger()
        self._referral = self._publisher(ReferralMessage, "~/referral", lasting)
        self._reasoning = self._publisher(String, "~/reasoning", 10)
        self._annotated = self._publisher(Image, "~/annotated", 1)
        self._pick_point = self._publisher(PointStamped, "~/pick_point", 10)
        self._markers = self._publisher(MarkerArray, "~/markers", 10)
        self._detections = None
        if not detections.HAS_VISION_MSGS:
            self._logger.info("vision_msgs is not installed: ~/detections is not published.")
        else:
            self._detections = self._publisher(detections.Detection2DArray, "~/detections", 10)

    def _publisher(self, kind: type[Any], topic: str, qos: QoSProfile | int) -> Publisher[Any]:
        overridable = QoSOverridingOptions.with_default_policies()
        return self._node.create_publisher(kind, topic, qos, qos_overriding_options=overridable)

    def publish(self, result: Result, model: str) -> ReferralMessage:
        """Publish the terminal result of a request and return it; `model` names the profile.

        Raises before anything is published if the result cannot be put into a message.
        """
        message = referral_message(result, model)
        self._make_room()
        self._send(self._referral, message)
        self._logger.info(
            f"{result.request.id} '{result.request.query.sentence}': "
            f"{result.outcome.name}. {result.status_text}"
        )
        if result.looked and result.referral and result.outcome not in _UNDECIDED:
            try:
                self._accompany(result, result.looked, result.referral.decision)
            # the result is out, and a picture that fails must not bring it a second one
            except Exception as error:  # noqa: BLE001
                self._logger.error(f"Cannot show {result.request.id}: {error}")
        return message

    def reasoning(self, text: str) -> None:
        """Publish the model's text so far."""
        self._offer(self._reasoning, lambda: String(data=text))

    def deliver(self, seconds: float = _DELIVERY_SECONDS) -> None:
        """Wait a moment until the listeners have the results that were published."""
        self._referral.wait_for_all_acked(Duration(seconds=seconds))

    def _make_room(self) -> None:
        """Let the listeners catch up in a burst, whose first results would be overwritten."""
        self._since_delivery += 1
        if self._since_delivery >= _DEPTH:
            self._since_delivery = 0
            self.deliver(_BURST_SECONDS)

    def _accompany(self, result: Result, looked: Looked, decision: Decision) -> None:
        if self._detections:
            self._offer(self._detections, lambda: detections.detections_message(result))
        if self._pick_point.get_subscription_count():
            for point in point_messages(result):
                self._send(self._pick_point, point)
        self._offer(self._markers, lambda: marker_message(result))
        self._offer(
            self._annotated,
            lambda: image_message(
                annotate(looked.image, decision.candidates, decision.boxes), looked.header
            ),
        )

    def _offer(self, publisher: Publisher[Any], make_message: Callable[[], Any]) -> None:
        if publisher.get_subscription_count():
            self._send(publisher, make_message())

    def _send(self, publisher: Publisher[Any], message: Any) -> None:
        try:
            publisher.publish(message)
        # a middleware that is flooded or closing must not stop us
        except Exception as error:  # noqa: BLE001
            self._logger.error(f"Cannot publish on {publisher.topic_name}: {error}")
