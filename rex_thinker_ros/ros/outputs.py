"""What the node publishes about its commands."""

from __future__ import annotations

import time
from typing import Any

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String

from rex_thinker_ros.msg import Referral as ReferralMessage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referrer import Observer
from rex_thinker_ros.ros import detections
from rex_thinker_ros.ros.messages import image_message, referral_message
from rex_thinker_ros.ros.result import Result
from rex_thinker_ros.ros.visualize import annotate

_TEXT_PERIOD_SECONDS = 0.1
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
        """Publish the terminal result of a request; `model` names the profile."""
        self._send(self._referral, referral_message(result, model))
        self._logger.info(
            f"{result.request.id} '{result.request.sentence}': "
            f"{result.outcome.name}. {result.status_text}"
        )
        if result.looked is None or result.referral is None or result.outcome in _UNDECIDED:
            return
        if self._detections:
            self._send(self._detections, detections.detections_message(result))
        if self._annotated.get_subscription_count():
            decision = result.referral.decision
            picture = annotate(result.looked.image, decision.candidates, decision.boxes)
            self._send(self._annotated, image_message(picture, result.looked.header))

    def progress(self) -> ReasoningStream:
        """Return an observer that publishes the reasoning of one request as it grows."""
        return ReasoningStream(lambda text: self._send(self._reasoning, String(data=text)))

    def deliver(self) -> None:
        """Wait a moment until the listeners have the results that were published."""
        self._referral.wait_for_all_acked(Duration(seconds=_DELIVERY_SECONDS))

    def _send(self, publisher: Publisher[Any], message: Any) -> None:
        try:
            publisher.publish(message)
        except Exception as error:  # noqa: BLE001 - a middleware that is flooded or closing must not stop us
            self._logger.error(f"Cannot publish on {publisher.topic_name}: {error}")


class ReasoningStream(Observer):
    """Pass the whole text so far to `publish`, at most ten times a second and at the end."""

    def __init__(self, publish: Any) -> None:
        self._publish = publish
        self._text = ""
        self._published = ""
        self._next = 0.0

    def on_text(self, piece: str) -> None:
        """Take the next piece of the model's text."""
        self._text += piece
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TEXT_PERIOD_SECONDS
            self.finish()

    def finish(self) -> None:
        """Publish what has not been published yet."""
        if self._text != self._published:
            self._published = self._text
            self._publish(self._text)
