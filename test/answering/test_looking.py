"""Which image is decided on where another detector brings the candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from builtin_interfaces.msg import Time
from pictures import picture, rgb_message
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image

from rex_thinker_ros.answering.frame import FrameError
from rex_thinker_ros.answering.looking import Looking
from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import Request
from rex_thinker_ros.answering.settings import Settings
from rex_thinker_ros.images.decoding import decode_image
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.frames import Frames
from rex_thinker_ros.ros.lazy_subscription import Taken
from rex_thinker_ros.stamps import NANOSECONDS

MUG = Box(1, 2, 3, 4)


@dataclass
class Table:
    """A camera and a detector under a clock that every look at the candidates turns on."""

    seconds: float = 100.0
    step: float = 0.5
    images: list[float] = field(default_factory=lambda: [100.0])
    found: Callable[[float, float], bool] = lambda stamp, now: False
    topic = "/candidates"

    def clock(self) -> int:
        return int(self.seconds * NANOSECONDS)

    def take(self) -> Taken | None:
        if not self.images or self.images[0] > self.seconds:
            return None
        whole, part = divmod(int(self.images.pop(0) * NANOSECONDS), NANOSECONDS)
        message = rgb_message(picture())
        message.header.stamp = Time(sec=whole, nanosec=part)
        return Taken(bytes(serialize_message(message)), 0.0, 0)

    def of(self, stamp: int, category: str) -> tuple[Box, ...] | None:
        self.seconds += self.step
        return (MUG,) if self.found(stamp / NANOSECONDS, self.seconds) else None

    def look(self, max_image_age: float) -> tuple[Any, tuple[Box, ...]]:
        frames = Frames(Image, self.take, self.clock, lambda text: None)
        settings = Settings(max_image_age=max_image_age, image_timeout=0.3)
        request = Request("ab-1", Query("the mug", 0))
        given: Any = self
        looking = Looking(decode_image, self.clock)
        return looking.look_with_candidates(request, frames, given, "mug", settings)


def test_the_age_is_that_when_the_candidates_are_there() -> None:
    table = Table(found=lambda stamp, now: now >= 102.0)
    looked, boxes = table.look(max_image_age=10.0)
    assert boxes == (MUG,)
    assert looked.age_seconds >= 1.5


def test_candidates_that_come_too_late_are_none() -> None:
    table = Table(found=lambda stamp, now: now >= 102.0)
    with pytest.raises(FrameError) as caught:
        table.look(max_image_age=1.0)
    assert caught.value.outcome is Outcome.NO_CANDIDATES
    assert "still fresh" in str(caught.value)


def test_an_earlier_image_counts_as_long_as_it_is_fresh() -> None:
    table = Table(
        step=0.05, images=[100.0, 100.1, 100.2],
        found=lambda stamp, now: stamp == 100.1 and now >= 100.4,
    )  # fmt: skip
    looked, _ = table.look(max_image_age=2.0)
    assert looked.stamp_nanoseconds == int(100.1 * NANOSECONDS)
