"""What a camera sees, what is said to a robot and what it answers: one conversation for all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import cv2
import numpy as np
import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from rex_thinker_ros.msg import Referral

_LASTING = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_KEPT = 40  # lines


@dataclass(frozen=True)
class Line:
    """Hold what was said, and whether by the robot."""

    by_robot: bool
    text: str


@dataclass(frozen=True)
class State:
    """Hold what there is to show; both pictures are JPEG files, empty before the first.

    seen is the camera's newest picture, judged the one that the last command was decided on.
    """

    seen: bytes = b""
    judged: bytes = b""
    reasoning: str = ""
    lines: tuple[Line, ...] = ()


class Conversation:
    """Follow the topics of the node and the picker; may be asked from any thread."""

    def __init__(self, node: Node) -> None:
        self._state = State()
        self._lock = threading.Lock()
        sensor = qos_profile_sensor_data
        node.create_subscription(CompressedImage, "image/compressed", self._hear_image, sensor)
        node.create_subscription(Image, "refer/annotated", self._hear_judged, 1)
        node.create_subscription(String, "refer/reasoning", self._hear_reasoning, 10)
        node.create_subscription(Referral, "refer/referral", self._hear_referral, _LASTING)
        node.create_subscription(String, "picker/said", self._hear_robot, _LASTING)
        self._command = node.create_publisher(String, "command", 10)

    @property
    def state(self) -> State:
        """Return what there is to show."""
        return self._state

    def say(self, sentence: str) -> None:
        """Give a command."""
        if sentence.strip():
            self._add(Line(False, sentence))
            self._command.publish(String(data=sentence))

    def _change(self, **values: object) -> None:
        with self._lock:
            self._state = replace(self._state, **values)  # type: ignore[arg-type]

    def _add(self, line: Line) -> None:
        with self._lock:  # held from the old lines to the new: another thread may add one too
            lines = (*self._state.lines, line)[-_KEPT:]
            self._state = replace(self._state, lines=lines)

    def _hear_image(self, message: CompressedImage) -> None:
        self._change(seen=bytes(message.data))

    def _hear_judged(self, message: Image) -> None:
        rgb = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
        _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        self._change(judged=jpeg.tobytes())

    def _hear_reasoning(self, message: String) -> None:
        self._change(reasoning=message.data)

    def _hear_referral(self, message: Referral) -> None:
        self._change(reasoning=message.reasoning)

    def _hear_robot(self, message: String) -> None:
        self._add(Line(True, message.data))


@contextmanager
def conversation() -> Iterator[Conversation]:
    """Join the ROS graph with a thread of its own; leave it afterwards."""
    context = Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    node = Node("tabletop_page", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    joined = Conversation(node)

    def spin() -> None:
        with suppress(ExternalShutdownException):
            executor.spin()

    spinning = threading.Thread(target=spin, daemon=True)
    spinning.start()
    try:
        yield joined
    finally:
        executor.shutdown()
        spinning.join()
        node.destroy_node()
        rclpy.shutdown(context=context)
