"""A subscription whose messages stay in the middleware until somebody asks for one.

A copy of every camera image into this process, which is what a callback costs even if it does
nothing, takes a tenth of a core at 30 Hz and 1920 x 1080.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from rclpy.waitable import Waitable


@dataclass(frozen=True)
class Taken:
    """One serialized message, how many seconds ago it came, and its publisher's count of messages.

    The count is 0 where the middleware does not say.
    """

    data: bytes
    seconds_ago: float
    sequence: int


class LazySubscription:
    """Subscribe without a callback; the history of the quality of service bounds what is kept."""

    def __init__(
        self, node: Node, kind: type[Any], topic: str, qos: QoSProfile,
        overriding: QoSOverridingOptions,
    ) -> None:  # fmt: skip
        self._node = node
        self._subscription: Subscription[Any] = node.create_subscription(
            kind, topic, _unused, qos, raw=True, callback_group=_Never(),
            qos_overriding_options=overriding,
        )  # fmt: skip

    def take(self) -> Taken | None:
        """Return the oldest message that was not taken yet, None if there is none; any thread."""
        # what the executor does when a subscription is ready
        subscription = self._subscription
        with subscription.handle:
            taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
        if taken is None:
            return None
        data, info = taken
        # some middlewares do not say when it came
        ago = (time.time_ns() - (info["received_timestamp"] or time.time_ns())) / 1e9
        return Taken(bytes(data), max(ago, 0.0), int(info.get("publication_sequence_number") or 0))

    def destroy(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)


class _Never(CallbackGroup):
    """Keep a subscription out of the executor's hands, which would take every message."""

    def can_execute(self, entity: Waitable[Any]) -> bool:
        return False

    def beginning_execution(self, entity: Waitable[Any]) -> bool:
        return False

    def ending_execution(self, entity: Waitable[Any]) -> None:
        return


def _unused(data: bytes) -> None:
    raise RuntimeError("the executor took a message of a lazy subscription")
