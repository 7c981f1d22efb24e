"""One image to decide on, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

from rex_thinker_ros.images.message import CompressedImage, RawImage
from rex_thinker_ros.referring.outcome import Outcome


class FrameError(Exception):
    """There is no image to decide on; `outcome` is the refusal, the text says why."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


@dataclass(frozen=True)
class Frame:
    """One received image message, its age in seconds on the node's clock, and its stamp.

    The stamp is the time of reception where the message has none.
    """

    message: RawImage | CompressedImage
    age_seconds: float
    stamp_nanoseconds: int


@dataclass(frozen=True)
class Wanted:
    """Which images may be decided on: how old at most, 0 for any age, and since when taken.

    not_before_nanoseconds is a time of the node's clock.
    """

    max_age_seconds: float
    not_before_nanoseconds: int = 0

    def accepts(self, frame: Frame | None) -> TypeGuard[Frame]:
        """Tell whether there is a frame, and it may be decided on."""
        return frame is not None and self._is_fresh(frame) and self._is_late_enough(frame)

    def refusal(self, frame: Frame | None) -> FrameError:
        """Return why the latest frame, if there is one, is not accepted."""
        if frame is None:
            return FrameError(
                Outcome.NO_IMAGE, "No image has been received. Is the camera running?"
            )
        if frame.age_seconds < 0:
            return FrameError(
                Outcome.STALE_IMAGE,
                f"The latest image is stamped {-frame.age_seconds:.1f} s ahead of the node's "
                "clock. Synchronise the clocks, or check use_sim_time.",
            )
        if not self._is_late_enough(frame):
            return FrameError(
                Outcome.STALE_IMAGE,
                f"No image was taken after the command: the latest is {frame.age_seconds:.1f} s "
                "old. Is the camera still running, and is its clock the node's?",
            )
        return FrameError(
            Outcome.STALE_IMAGE,
            f"The latest image is {frame.age_seconds:.1f} s old, more than "
            f"{self.max_age_seconds:g} s. Is the camera still running?",
        )

    def _is_fresh(self, frame: Frame) -> bool:
        # a stamp ahead of the clock is as wrong as an old one
        return not self.max_age_seconds or abs(frame.age_seconds) <= self.max_age_seconds

    def _is_late_enough(self, frame: Frame) -> bool:
        return frame.stamp_nanoseconds >= self.not_before_nanoseconds
