"""The latest frame, its age, and the refusals."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image

from rex_thinker_ros.answering.frame import Frame, FrameError, Wanted
from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.images.message import is_raw
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.frames import Frames
from rex_thinker_ros.ros.lazy_subscription import Taken

NOW = 1000


def image(seconds: int, width: int = 1) -> bytes:
    message = Image(width=width)
    message.header.stamp = Time(sec=seconds)
    return bytes(serialize_message(message))


class Shown(Frames):
    """Frames of a middleware that keeps only the latest, as ours does."""

    def __init__(self, warn: Callable[[str], object]) -> None:
        self._waiting: deque[Taken] = deque(maxlen=1)
        super().__init__(
            Image, lambda: self._waiting.pop() if self._waiting else None, lambda: NOW * 10**9, warn
        )

    def show(self, data: bytes, sequence: int = 0, seconds_ago: float = 0.0) -> None:
        self._waiting.append(Taken(data, seconds_ago, sequence))


def frames() -> tuple[Shown, list[str]]:
    warnings: list[str] = []
    return Shown(warnings.append), warnings


def fresh(source: Frames, max_age: float = 1.0, timeout: float = 0.0, not_before: int = 0) -> Frame:
    return source.latest(Wanted(max_age, not_before), timeout, CancelToken())


def test_the_latest_frame_wins_and_carries_its_age() -> None:
    source, _ = frames()
    source.show(image(NOW, width=1))
    source.show(image(NOW - 1, width=2))
    frame = fresh(source)
    assert is_raw(frame.message)
    assert (frame.message.width, frame.age_seconds) == (2, 1.0)


@pytest.mark.parametrize(
    ("sequences", "count"),
    [
        pytest.param([1, 2, 3], 3, id="all seen"),
        pytest.param([1, 31, 61], 61, id="most not taken"),
        pytest.param([5, 6], 2, id="began before us"),
        pytest.param([9, 1, 2], 3, id="another publisher"),
        pytest.param([0, 0], 2, id="a middleware that does not count"),
    ],
)
def test_frames_that_nobody_took_are_counted(sequences: list[int], count: int) -> None:
    source, _ = frames()
    for sequence in sequences:
        source.show(image(NOW), sequence)
        source.count()
    assert source.count() == count


def test_silence_counts_from_the_reception() -> None:
    source, _ = frames()
    assert source.seconds_since_last() is None
    source.show(image(NOW), seconds_ago=60.0)
    silence = source.seconds_since_last()
    assert silence is not None
    assert 60.0 <= silence < 120.0


def test_a_frame_from_before_the_command_is_not_taken_where_a_later_one_is_wanted() -> None:
    source, _ = frames()
    source.show(image(NOW - 1))
    with pytest.raises(FrameError, match="taken after the command") as refusal:
        fresh(source, max_age=9.0, not_before=NOW * 10**9)
    assert refusal.value.outcome is Outcome.STALE_IMAGE
    threading.Timer(0.05, source.show, [image(NOW)]).start()
    frame = fresh(source, max_age=9.0, timeout=60.0, not_before=NOW * 10**9)
    assert frame.stamp_nanoseconds == NOW * 10**9


@pytest.mark.parametrize(
    ("seconds", "max_age", "outcome", "word"),
    [
        (None, 1.0, Outcome.NO_IMAGE, "No image"),
        (NOW - 3, 1.0, Outcome.STALE_IMAGE, "3.0 s old"),
        (NOW + 3, 1.0, Outcome.STALE_IMAGE, "3.0 s ahead"),
        (None, 0.0, Outcome.NO_IMAGE, "No image"),
    ],
    ids=["none", "old", "of the future", "none, at any age"],
)
def test_refusals(seconds: int | None, max_age: float, outcome: Outcome, word: str) -> None:
    source, _ = frames()
    if seconds is not None:
        source.show(image(seconds))
    with pytest.raises(FrameError, match=word) as refusal:
        fresh(source, max_age)
    assert refusal.value.outcome is outcome


def test_a_maximum_of_zero_accepts_any_age() -> None:
    source, _ = frames()
    source.show(image(1))
    assert fresh(source, max_age=0.0).age_seconds == NOW - 1


def test_without_stamps_the_age_counts_from_the_reception() -> None:
    source, warnings = frames()
    source.show(image(0))
    assert [fresh(source).age_seconds, fresh(source).age_seconds] == [0.0, 0.0]
    source.show(image(0), seconds_ago=0.5)
    assert fresh(source).age_seconds == 0.5
    assert len(warnings) == 1


def test_a_frame_that_comes_in_time_is_waited_for() -> None:
    source, _ = frames()
    source.show(image(NOW - 9))
    threading.Timer(0.05, source.show, [image(NOW)]).start()
    assert fresh(source, timeout=60.0).age_seconds == 0.0


def test_a_canceled_request_does_not_wait() -> None:
    source, _ = frames()
    cancel = CancelToken()
    threading.Timer(0.05, cancel.cancel).start()
    with pytest.raises(FrameError):
        source.latest(Wanted(1.0), 3600.0, cancel)


def test_bytes_that_are_no_message_are_malformed() -> None:
    source, _ = frames()
    source.show(image(NOW)[:20])
    with pytest.raises(ImageError, match="deserialized"):
        fresh(source)


def test_forgotten_frames_are_not_used() -> None:
    source, _ = frames()
    source.show(image(NOW))
    source.clear()
    assert source.seconds_since_last() is None
    with pytest.raises(FrameError):
        fresh(source)
