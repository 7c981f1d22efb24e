"""Commands that come as sentences on topics, one topic for each camera."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rclpy.node import Node
from rclpy.qos_overriding_options import QoSOverridingOptions
from std_msgs.msg import String

from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.ros.clock import now_nanoseconds

_DEPTH = 100  # commands that come while the models are loaded wait for their refusal


class Commands:
    """Hand what comes on `command` to `take` for the first camera, on left/command for `left`.

    They are heard in every state of the node, since every command is owed a result.
    """

    def __init__(
        self, node: Node, cameras: Sequence[str], take: Callable[[Query], None]
    ) -> None:  # fmt: skip
        self._node = node
        self._take = take
        topics = {"command": cameras[0]} | {f"{name}/command": name for name in cameras if name}
        for topic, camera in topics.items():
            node.create_subscription(
                String, topic, partial(self._on_command, camera), _DEPTH,
                qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            )  # fmt: skip

    def _on_command(self, camera: str, message: String) -> None:
        self._take(Query(message.data, now_nanoseconds(self._node), camera=camera))
