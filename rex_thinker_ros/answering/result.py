"""What the node has to say about one command, before it becomes messages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rex_thinker_ros.answering.requests import Ending, Request
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.pick_point import PickPoint
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.stamps import Header


@dataclass(frozen=True)
class Looked:
    """The image that was decided on, its header, and its age in seconds when work began.

    stamp_nanoseconds is that of its reception where the header has none. convert_seconds is None
    for an image that had been converted before.
    """

    image: RgbImage
    header: Header
    age_seconds: float
    stamp_nanoseconds: int
    convert_seconds: float | None

    @property
    def size(self) -> Size:
        """Return the image's size in pixels."""
        return Size(self.image.shape[1], self.image.shape[0])


@dataclass(frozen=True)
class Result:
    """The one terminal result of a request; the parts that it did not reach are None.

    pick_points belong to the found candidates of these numbers. answers is the id of the request
    whose question this one answered, empty if none.
    """

    request: Request
    outcome: Outcome
    status_text: str
    command: Command | None = None
    looked: Looked | None = None
    referral: Referral | None = None
    pick_points: tuple[tuple[int, PickPoint], ...] = ()
    answers: str = ""

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Return the boxes that are meant, full-image pixels; none unless the outcome is FOUND.

        An ending that came after the decision takes its boxes back.
        """
        if self.outcome is not Outcome.FOUND or self.referral is None:
            return ()
        return self.referral.decision.boxes

    def ended(self, ending: Ending) -> Result:
        """Return this result with the ending in place of its outcome."""
        return replace(self, outcome=ending.outcome, status_text=ending.reason, pick_points=())
