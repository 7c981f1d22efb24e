"""A bag's messages and its clock, published to whoever listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node
from rosgraph_msgs.msg import Clock

from rex_thinker_ros.answering.depth import KEPT
from rex_thinker_ros.apps.message_types import message_type
from rex_thinker_ros.apps.replaying.bag import Recorded
from rex_thinker_ros.apps.replaying.playback import Playback
from rex_thinker_ros.stamps import NANOSECONDS
from rex_thinker_ros.user_error import UserError

_DELIVERY_SECONDS = 5.0


class LiveBag:
    """Publish what the playback hands out, as it was recorded, and its clock on /clock.

    Everything is published reliably, which reaches reliable and best-effort subscribers.
    """

    def __init__(self, node: Node, playback: Playback, kinds: Mapping[str, str]) -> None:
        self._playback = playback
        self._clock = node.create_publisher(Clock, "/clock", 10)
        self._publishers: dict[str, Any] = {}
        for topic, kind in kinds.items():
            try:
                self._publishers[topic] = node.create_publisher(message_type(kind), topic, KEPT)
            except ImportError as error:
                raise UserError(f"{topic} is of the type {kind}: install its package") from error
        self._kept: dict[str, deque[Recorded]] | None = None
        playback.listen(self._hear)

    def unheard(self) -> list[str]:
        """Return the topics that nobody subscribes to, /clock among them."""
        publishers = {"/clock": self._clock, **self._publishers}
        return [topic for topic, one in publishers.items() if not one.get_subscription_count()]

    @contextmanager
    def jump(self) -> Iterator[None]:
        """Publish only the last messages of each topic that come within: nobody keeps more."""
        self._kept = {topic: deque(maxlen=KEPT) for topic in self._publishers}
        yield
        kept, self._kept = self._kept, None
        for message in sorted(
            (one for messages in kept.values() for one in messages),
            key=lambda one: one.nanoseconds,
        ):
            self._publish(message)
        self.tell_clock()

    def tell_clock(self) -> None:
        """Publish the time."""
        seconds, nanoseconds = divmod(self._playback.now(), NANOSECONDS)
        self._clock.publish(Clock(clock=Time(sec=seconds, nanosec=nanoseconds)))

    def deliver(self) -> None:
        """Wait until all reliable subscribers have what was published.

        Raises:
            UserError: they do not take it.
        """
        for topic, publisher in self._publishers.items():
            if not publisher.wait_for_all_acked(Duration(seconds=_DELIVERY_SECONDS)):
                raise UserError(f"The subscribers of {topic} do not take its messages.")

    def _hear(self, message: Recorded) -> None:
        if self._kept is not None:
            self._kept[message.topic].append(message)
        else:
            self._publish(message)
            self.tell_clock()

    def _publish(self, message: Recorded) -> None:
        self._publishers[message.topic].publish(message.data)
