"""What the node publishes about its commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String

from rex_thinker_ros.msg import Referral as ReferralMessage
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros import detections
from rex_thinker_ros.ros.messages import image_message, referral_message
from rex_thinker_ros.ros.reasoning_stream import ReasoningStream
from rex_thinker_ros.ros.result import Looked, Result
from rex_thinker_ros.ros.visualize import annotate

_DELIVERY_SECONDS = 0.5
# what was given up has no verdicts worth a picture
_UNDECIDED = {Outcome.PREEMPTED, Outcome.CANCELED}


class Outputs:
    """Publish results and progress, from any thread."""

    def __init__(self, node: Node) -> None:
        lasting = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._logger = node.get_logger()
        self._referral = node.create_publisher(ReferralMessage, "~/referral", lasting)
        self._reasoning = node.create_publisher(String, "~/reasoning", 10)
        self._annotated = node.create_publisher(Image, "~/annotated", 1)
        self._detections = None
        if not detections.HAS_VISION_MSGS:
            self._logger.info("vision_msgs is not installed: ~/detections is not published.")
        else:
            self._detections = node.create_publisher(
                detections.Detection2DArray, "~/detections", 10
            )

    def publish(self, result: Result, model: str) -> None:
        """Publish the terminal result of a request; `model` names the profile.

        Raises before anything is published if the result cannot be put into a message.
        """
        message = referral_message(result, model)
        self._send(self._referral, lambda: message)
        self._logger.info(
            f"{result.request.id} '{result.request.sentence}': "
            f"{result.outcome.name}. {result.status_text}"
        )
        if result.looked and result.referral and result.outcome not in _UNDECIDED:
            self._accompany(result, result.looked, result.referral.decision)

    def progress(self) -> ReasoningStream:
        """Return an observer that publishes the reasoning of one request as it grows."""
        return ReasoningStream(lambda text: self._send(self._reasoning, lambda: String(data=text)))

    def deliver(self) -> None:
        """Wait a moment until the listeners have the results that were published."""
        self._referral.wait_for_all_acked(Duration(seconds=_DELIVERY_SECONDS))

    def _accompany(self, result: Result, looked: Looked, decision: Decision) -> None:
        if self._detections:
            self._send(self._detections, lambda: detections.detections_message(result))
        if self._annotated.get_subscription_count():
            self._send(
                self._annotated,
                lambda: image_message(
                    annotate(looked.image, decision.candidates, decision.boxes), looked.header
                ),
            )

    def _send(self, publisher: Publisher[Any], make_message: Callable[[], Any]) -> None:
        try:
            publisher.publish(make_message())
        # a middleware that is flooded or closing must not stop us
        except Exception as error:  # noqa: BLE001
            self._logger.error(f"Cannot publish on {publisher.topic_name}: {error}")
