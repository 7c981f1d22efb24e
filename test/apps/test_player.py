"""A bag is played as if it happened now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import rclpy
from geometry_msgs.msg import PointStamped
from node_process import next_domain
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rosbags.rosbag2 import ReaderError
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import String

from rex_thinker_ros.apps.player import PAUSE_SECONDS, BagPlayer
from rex_thinker_ros.stamps import stamp_nanoseconds

TOPIC = "/camera/image/compressed"


def stamp_of(message: CompressedImage | PointStamped) -> int:
    """Return the stamp in nanoseconds."""
    return stamp_nanoseconds(message.header.stamp)


class Listener:
    """What a subscriber of the bag's topics receives."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.frames: list[tuple[float, CompressedImage]] = []
        self.points: list[PointStamped] = []
        self.words: list[str] = []
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        now = time.monotonic
        node.create_subscription(
            CompressedImage, TOPIC, lambda m: self.frames.append((now(), m)), 50
        )
        node.create_subscription(PointStamped, "/point", self.points.append, 50)
        node.create_subscription(String, "/words", lambda m: self.words.append(m.data), 50)

    def spin_until_frames(self, count: int) -> None:
        deadline = time.monotonic() + 30
        while len(self.frames) < count:
            assert time.monotonic() < deadline, f"only {len(self.frames)} frames came"
            self._executor.spin_once(timeout_sec=0.05)

    def spin_until_matched(self, player: BagPlayer) -> None:
        deadline = time.monotonic() + 30
        while not all(player.has_listener(topic) for topic in (TOPIC, "/point", "/words")):
            assert time.monotonic() < deadline, "no discovery"
            self._executor.spin_once(timeout_sec=0.05)
        self.spin(0.3)

    def spin(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._executor.spin_once(timeout_sec=0.05)


@pytest.fixture
def node() -> Iterator[Node]:
    context = Context()
    rclpy.init(context=context, domain_id=next_domain())
    node = Node("listener", context=context)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def test_rounds_follow_each_other_with_present_stamps(
    node: Node, material: Path, stamps: list[int]
) -> None:
    listener = Listener(node)
    with closing(BagPlayer(node, material / "tabletops")) as player:
        assert player.seconds() is None
        listener.spin_until_matched(player)
        before = node.get_clock().now().nanoseconds
        player.start()
        listener.spin_until_frames(2 * len(stamps) + 3)
        after = node.get_clock().now().nanoseconds
        numbers = [message.data[0] for _, message in listener.frames]
        assert numbers[: 2 * len(stamps)] == 2 * list(range(len(stamps)))
        shown = [stamp_of(message) for _, message in listener.frames]
        assert shown == sorted(set(shown))
        assert before <= shown[0] <= shown[-1] <= after
        assert [player.recorded_stamp(stamp) for stamp in shown[: len(stamps)]] == stamps
        assert player.recorded_stamp(before - 1) is None
        assert 0.0 <= (player.seconds() or 0.0) <= 1.2


def test_messages_keep_their_distance_and_equal_stamps_stay_equal(
    node: Node, material: Path, stamps: list[int]
) -> None:
    listener = Listener(node)
    with closing(BagPlayer(node, material / "tabletops")) as player:
        listener.spin_until_matched(player)
        player.start()
        listener.spin_until_frames(len(stamps) + 1)
    shown = [stamp_of(message) for _, message in listener.frames[: len(stamps)]]
    assert [stamp_of(point) for point in listener.points[: len(stamps)]] == shown
    assert listener.words[:3] == ["word 0", "word 1", "word 2"]
    # never ahead of its time; how late is up to the machine
    for stamp, recorded in zip(shown, stamps, strict=True):
        assert stamp - shown[0] >= recorded - stamps[0] - 50_000_000
    next_round = stamp_of(listener.frames[len(stamps)][1])
    assert next_round - shown[0] >= stamps[-1] - stamps[0] + PAUSE_SECONDS * 0.5e9


def test_closing_stops_at_once(node: Node, material: Path) -> None:
    listener = Listener(node)
    player = BagPlayer(node, material / "tabletops")
    listener.spin_until_matched(player)
    player.start()
    listener.spin_until_frames(2)
    player.close()
    listener.spin(0.1)  # what is still on its way
    count = len(listener.frames)
    listener.spin(0.5)
    assert len(listener.frames) == count


def test_what_breaks_the_playing_is_raised(node: Node, material: Path) -> None:
    with closing(BagPlayer(node, material / "tabletops")) as player:
        bag = material / "tabletops" / "tabletops.mcap"
        bag.write_bytes(b"not a bag")
        player.start()
        with pytest.raises(ReaderError):
            _poll(player)


def _poll(player: BagPlayer) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        player.seconds()
        time.sleep(0.02)
