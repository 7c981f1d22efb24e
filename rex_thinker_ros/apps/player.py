"""A recorded bag, played into the ROS graph as if it happened now."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rclpy.node import Node
from rosbags.rosbag2 import Reader

from rex_thinker_ros.apps.message_types import message_type
from rex_thinker_ros.stamps import read_stamp, seconds_between, with_stamp

PAUSE_SECONDS = 0.2  # between the last message and the first of the next round
_DEPTH = 10


class BagPlayer:
    """Publish all topics of a rosbag2 at their own rate, round after round, from a thread.

    Everything is published reliably, which reaches reliable and best-effort subscribers. Messages
    that begin with a header are stamped with the present time, equal stamps staying equal, and
    the recorded stamp of each is remembered.

    Raises:
        rosbags.rosbag2.ReaderError: the bag cannot be opened.
    """

    def __init__(self, node: Node, bag: Path) -> None:
        self._node = node
        self._bag = bag
        self._recorded: dict[int, int] = {}
        self._seconds: float | None = None
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(1, "player")
        self._playing: Future[None] | None = None
        with Reader(bag) as reader:
            kinds = {one.topic: message_type(one.msgtype) for one in reader.connections}
        self._stamped = {topic for topic, kind in kinds.items() if _begins_with_header(kind)}
        self._publishers = {
            topic: node.create_publisher(kind, topic, _DEPTH) for topic, kind in kinds.items()
        }

    def has_listener(self, topic: str) -> bool:
        """Tell whether anybody has subscribed to a topic of the bag: what is lost is lost."""
        return self._publishers[topic].get_subscription_count() > 0

    def start(self) -> None:
        """Begin to play."""
        self._playing = self._thread.submit(self._play)

    def close(self) -> None:
        """Stop playing, at once."""
        self._stop.set()
        self._thread.shutdown()

    def seconds(self) -> float | None:
        """Return the place in the bag, in seconds from its start; None between rounds.

        Raises what ended the playing, if anything did.
        """
        if self._playing and self._playing.done():
            self._playing.result()
        return self._seconds

    def recorded_stamp(self, stamp: int) -> int | None:
        """Return the stamp in the bag of what was published with `stamp`, both in nanoseconds."""
        return self._recorded.get(stamp)

    def _play(self) -> None:
        while not self._stop.is_set():
            with Reader(self._bag) as reader:
                self._play_round(reader)
            self._seconds = None
            self._stop.wait(PAUSE_SECONDS)

    def _play_round(self, reader: Reader) -> None:
        start = time.monotonic()
        present: dict[int, int] = {}  # stamps of this round by recorded stamp
        for connection, timestamp, data in reader.messages():
            seconds = seconds_between(reader.start_time, timestamp)
            if self._stop.wait(max(0.0, start + seconds - time.monotonic())):
                return
            if connection.topic in self._stamped:
                data = self._stamp_anew(data, present)  # noqa: PLW2901 - the same message
            self._publish(connection.topic, data)
            self._seconds = seconds

    def _stamp_anew(self, data: bytes, present: dict[int, int]) -> bytes:
        recorded = read_stamp(data)
        if recorded not in present:
            present[recorded] = self._node.get_clock().now().nanoseconds
            self._recorded[present[recorded]] = recorded
        return with_stamp(data, present[recorded])

    def _publish(self, topic: str, data: bytes) -> None:
        try:
            self._publishers[topic].publish(data)
        except Exception as error:  # noqa: BLE001 - a flooded middleware costs this message only
            self._node.get_logger().warning(f"Cannot publish on {topic}: {error}")


def _begins_with_header(kind: Any) -> bool:
    return next(iter(kind.get_fields_and_field_types().values()), "") == "std_msgs/Header"
