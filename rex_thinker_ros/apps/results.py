"""What came of one command, and whether it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rex_thinker_ros.apps.commander import Reply
from rex_thinker_ros.apps.entry import Entry
from rex_thinker_ros.apps.pictures import jpeg_url
from rex_thinker_ros.apps.script import Cue
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.decision import same_boxes
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.messages import box_of, candidate_of, seconds_of

NO_RESULT = "NO_RESULT"
"""The status of a command whose terminal result never came."""


@dataclass(frozen=True)
class Result:
    """One command's result beside the expected one; boxes in full-image pixels.

    seconds run from the command's publication to the referral's arrival. picture is the annotated
    frame that was decided on, (H, W, 3) uint8 RGB; None where none was examined.
    """

    number: int
    command: str
    expected_status: str
    expected_boxes: tuple[Box, ...]
    correct: bool
    id: str = ""
    expression: str = ""
    category: str = ""
    status: str = NO_RESULT
    status_text: str = "No terminal result came in time."
    boxes: tuple[Box, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    reasoning: str = ""
    seconds: float | None = None
    detection_seconds: float = 0.0
    reasoning_seconds: float = 0.0
    picture: RgbImage | None = None

    @property
    def complaint(self) -> str:
        """Say what is not as expected; empty if nothing is."""
        if self.correct:
            return ""
        same_status = self.status == self.expected_status
        return f"expected {'other boxes' if same_status else self.expected_status}"

    def entry(self) -> Entry:
        """Return what the report shows of it."""
        return Entry(
            number=self.number,
            command=self.command,
            status=self.status,
            status_text=self.status_text,
            complaint=self.complaint,
            place="",
            expression=self.expression,
            category=self.category,
            candidates=self.candidates,
            reasoning=self.reasoning,
            seconds=self.seconds,
            detection_seconds=self.detection_seconds,
            reasoning_seconds=self.reasoning_seconds,
            picture="" if self.picture is None else jpeg_url(self.picture),
        )

    def record(self) -> dict[str, Any]:
        """Return the line of the results file: boxes as [x0, y0, x1, y1]."""
        return {
            "id": self.id,
            "command": self.command,
            "expression": self.expression,
            "category": self.category,
            "status": self.status,
            "boxes": [box.as_tuple() for box in self.boxes],
            "expected_status": self.expected_status,
            "expected_boxes": [box.as_tuple() for box in self.expected_boxes],
            "correct": self.correct,
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "detection_seconds": round(self.detection_seconds, 3),
            "reasoning_seconds": round(self.reasoning_seconds, 3),
        }


def make_result(
    number: int, cue: Cue, reply: Reply | None, expected_boxes: Sequence[Box]
) -> Result:
    """Put a reply beside what the cue expects; the boxes are those of its visible objects."""
    expected = tuple(expected_boxes) if cue.status == Outcome.FOUND.name else ()
    if reply is None:
        return Result(number, cue.command, cue.status, expected, correct=False)
    referral = reply.referral
    status = Outcome(referral.status).name
    boxes = tuple(map(box_of, referral.boxes))
    all_visible = not expected or len(expected) == len(cue.objects)
    return Result(
        number=number,
        command=cue.command,
        expected_status=cue.status,
        expected_boxes=expected,
        correct=status == cue.status and all_visible and same_boxes(boxes, expected),
        id=referral.id,
        expression=referral.expression,
        category=referral.category,
        status=status,
        status_text=referral.status_text,
        boxes=boxes,
        candidates=tuple(map(candidate_of, referral.candidates)),
        reasoning=referral.reasoning,
        seconds=reply.seconds,
        detection_seconds=seconds_of(referral.detection_duration),
        reasoning_seconds=seconds_of(referral.reasoning_duration),
        picture=reply.picture,
    )
