"""A camera in a bag: at each moment of the clock it has shown what was recorded before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rex_thinker_ros.answering.frame import Frame, Wanted
from rex_thinker_ros.answering.sources import CandidateSource, DepthSource, Logger
from rex_thinker_ros.apps.replaying.bag import Recorded
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.stamps import NANOSECONDS, seconds_between, stamp_nanoseconds


@dataclass
class BagClock:
    """The time in the bag; it goes forward only."""

    nanoseconds: int

    def now(self) -> int:
        """Return the time in nanoseconds."""
        return self.nanoseconds


class BagFrames:
    """Show the images of a topic as the clock goes; waiting for one turns the clock."""

    def __init__(self, images: Iterator[Recorded], clock: BagClock) -> None:
        self._images = images
        self._clock = clock
        self._next = next(images, None)
        self._latest: Recorded | None = None

    def latest(self, wanted: Wanted, timeout_seconds: float, cancel: CancelToken) -> Frame:
        """Return the latest image, or the first as wanted within `timeout_seconds` of the bag.

        Raises:
            FrameError: there is none (NO_IMAGE), or only images of another time (STALE_IMAGE).
        """
        deadline = self._clock.now() + int(timeout_seconds * NANOSECONDS)
        while True:
            self._advance()
            frame = self._frame()
            if wanted.accepts(frame):
                return frame
            if self._next is None or self._next.nanoseconds > deadline:
                self._clock.nanoseconds = deadline
                raise wanted.refusal(self._frame())
            self._clock.nanoseconds = self._next.nanoseconds

    def _advance(self) -> None:
        while self._next and self._next.nanoseconds <= self._clock.now():
            self._latest = self._next
            self._next = next(self._images, None)

    def _frame(self) -> Frame | None:
        if self._latest is None:
            return None
        message = self._latest.message
        stamp = stamp_nanoseconds(message.header.stamp) or self._latest.nanoseconds
        return Frame(message, seconds_between(stamp, self._clock.now()), stamp)


@dataclass(frozen=True)
class BagCamera:
    """A camera of a bag; fills CameraSource."""

    frames: BagFrames
    logger: Logger
    depth: DepthSource | None = None
    candidates: CandidateSource | None = None
