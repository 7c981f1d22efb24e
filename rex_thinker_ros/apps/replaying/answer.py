"""What came of a command, whichever way it was given."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.pick_point import PickPoint
from rex_thinker_ros.stamps import stamp_nanoseconds


@dataclass(frozen=True)
class Answer:
    """A terminal result: boxes in full-image pixels, times in seconds unless named otherwise.

    stamp_nanoseconds and frame_id are those of the image that was decided on; 0 and empty without
    one. pick_points belong to the candidates of these numbers.
    """

    id: str
    outcome: Outcome
    status_text: str
    expression: str = ""
    category: str = ""
    boxes: tuple[Box, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    pick_points: tuple[tuple[int, PickPoint], ...] = ()
    reasoning: str = ""
    confidence: float | None = None
    model: str = ""
    stamp_nanoseconds: int = 0
    frame_id: str = ""
    image_age: float | None = None
    detection_seconds: float = 0.0
    reasoning_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """Return how long the models took."""
        return self.detection_seconds + self.reasoning_seconds


def answer_of(result: Result) -> Answer:
    """Return what a result says."""
    command, looked, referral = result.command, result.looked, result.referral
    decision = referral.decision if referral else None
    return Answer(
        id=result.request.id,
        outcome=result.outcome,
        status_text=result.status_text,
        expression=command.expression if command else "",
        category=command.category if command else "",
        boxes=result.boxes,
        candidates=decision.candidates if decision else (),
        pick_points=result.pick_points,
        reasoning=referral.reasoning if referral else "",
        confidence=decision.confidence if decision else None,
        model=referral.model if referral else "",
        stamp_nanoseconds=stamp_nanoseconds(looked.header.stamp) if looked else 0,
        frame_id=looked.header.frame_id if looked else "",
        image_age=looked.age_seconds if looked else None,
        detection_seconds=referral.detection_seconds if referral else 0.0,
        reasoning_seconds=referral.reasoning_seconds if referral else 0.0,
    )
