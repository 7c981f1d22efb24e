"""One image to decide on, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

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

    def is_fresh(self, max_age_seconds: float) -> bool:
        """Tell whether its stamp is no farther than that from the clock; 0 accepts any age."""
        return not max_age_seconds or abs(self.age_seconds) <= max_age_seconds


def refusal(frame: Frame | None, max_age_seconds: float, *, late_enough: bool) -> FrameError:
    """Return why the latest frame, if there is one, cannot be decided on.

    `late_enough` tells whether it was taken when it had to be.
    """
    if frame is None:
        return FrameError(Outcome.NO_IMAGE, "No image has been received. Is the camera running?")
    if frame.age_seconds < 0:
        return FrameError(
            Outcome.STALE_IMAGE,
            f"The latest image is stamped {-frame.age_seconds:.1f} s ahead of the node's clock. "
            "Synchronise the clocks, or check use_sim_time.",
        )
    if not late_enough:
        return FrameError(
            Outcome.STALE_IMAGE,
            f"No image was taken after the command: the latest is {frame.age_seconds:.1f} s old. "
            "Is the camera still running, and is its clock the node's?",
        )
    return FrameError(
        Outcome.STALE_IMAGE,
        f"The latest image is {frame.age_seconds:.1f} s old, more than {max_age_seconds:g} s. "
        "Is the camera still running?",
    )
