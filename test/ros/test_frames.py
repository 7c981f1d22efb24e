"""The latest frame, its age, and the refusals."""

from __future__ import annotations

import threading

import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.frames import Frame, FrameError, Frames
from rex_thinker_ros.ros.image_decoding import ImageError

NOW = 1000


def image(seconds: int, width: int = 1) -> bytes:
    message = Image(width=width)
    message.header.stamp = Time(sec=seconds)
    return bytes(serialize_message(message))


def frames(now: int = NOW) -> tuple[Frames, list[str]]:
    warnings: list[str] = []
    return Frames(Image, lambda: now * 10**9, warnings.append), warnings


def fresh(source: Frames, max_age: float = 1.0, timeout: float = 0.0) -> Frame:
    return source.fresh(max_age_seconds=max_age, timeout_seconds=timeout, cancel=CancelToken())


def test_the_latest_frame_wins_and_carries_its_age() -> None:
    source, _ = frames()
    source.receive(image(NOW, width=1))
    source.receive(image(NOW - 1, width=2))
    frame = fresh(source)
    assert (frame.message.width, frame.age_seconds, source.count) == (2, 1.0, 2)


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
        source.receive(image(seconds))
    with pytest.raises(FrameError, match=word) as refusal:
        fresh(source, max_age)
    assert refusal.value.outcome is outcome


def test_a_maximum_of_zero_accepts_any_age() -> None:
    source, _ = frames()
    source.receive(image(1))
    assert fresh(source, max_age=0.0).age_seconds == NOW - 1


def test_without_stamps_the_age_counts_from_the_reception() -> None:
    source, warnings = frames()
    source.receive(image(0))
    assert [fresh(source).age_seconds, fresh(source).age_seconds] == [0.0, 0.0]
    assert len(warnings) == 1


def test_a_frame_that_comes_in_time_is_waited_for() -> None:
    source, _ = frames()
    source.receive(image(NOW - 9))
    threading.Timer(0.05, source.receive, [image(NOW)]).start()
    assert fresh(source, timeout=60.0).age_seconds == 0.0


def test_a_canceled_request_does_not_wait() -> None:
    source, _ = frames()
    cancel = CancelToken()
    threading.Timer(0.05, cancel.cancel).start()
    with pytest.raises(FrameError):
        source.fresh(max_age_seconds=1.0, timeout_seconds=3600.0, cancel=cancel)


def test_bytes_that_are_no_message_are_malformed() -> None:
    source, _ = frames()
    source.receive(image(NOW)[:20])
    with pytest.raises(ImageError, match="deserialized"):
        fresh(source)


def test_forgotten_frames_are_not_used() -> None:
    source, _ = frames()
    source.receive(image(NOW))
    source.clear()
    assert source.seconds_since_last() is None
    with pytest.raises(FrameError):
        fresh(source)
