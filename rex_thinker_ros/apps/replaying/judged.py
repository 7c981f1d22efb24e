"""A command beside what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.apps.entry import Entry
from rex_thinker_ros.apps.pictures import jpeg_url
from rex_thinker_ros.apps.records import candidate_records
from rex_thinker_ros.apps.replaying.answer import Answer, answer_of
from rex_thinker_ros.apps.replaying.judging import faults
from rex_thinker_ros.apps.replaying.script import Cue
from rex_thinker_ros.referring.annotation import annotate
from rex_thinker_ros.referring.detector import RgbImage


@dataclass(frozen=True)
class Judged:
    """A command, what came of it, what is not as expected, and the picture of both.

    picture is a data URL of the image that was decided on; empty without one, or if none is wanted.
    """

    cue: Cue
    answer: Answer
    faults: Sequence[str]
    picture: str = ""

    def record(self) -> dict[str, Any]:
        """Return its line: boxes as [x0, y0, x1, y1] in full-image pixels, times in seconds."""
        answer = self.answer
        return {
            "at": self.cue.at, "say": self.cue.say, "camera": self.cue.camera,
            "status": answer.outcome.name, "status_text": answer.status_text,
            "faults": list(self.faults),
            "image_age": answer.image_age,
            "expression": answer.expression, "category": answer.category,
            "boxes": [box.as_tuple() for box in answer.boxes],
            "pick_points": [
                {"candidate": number, "point": [point.x, point.y, point.z]}
                for number, point in answer.pick_points
            ],
            "candidates": candidate_records(answer.candidates),
            "reasoning": answer.reasoning, "confidence": answer.confidence, "model": answer.model,
            "detection_seconds": round(answer.detection_seconds, 3),
            "reasoning_seconds": round(answer.reasoning_seconds, 3),
        }  # fmt: skip

    def entry(self, number: int) -> Entry:
        """Return what the report shows of it."""
        cue, answer = self.cue, self.answer
        return Entry(
            number=number,
            command=cue.say,
            status=answer.outcome.name,
            status_text=answer.status_text,
            complaint="; ".join(self.faults),
            place=f"at {cue.at:g} s" + (f", camera {cue.camera}" if cue.camera else ""),
            expression=answer.expression,
            category=answer.category,
            candidates=answer.candidates,
            reasoning=answer.reasoning,
            seconds=answer.seconds,
            detection_seconds=answer.detection_seconds,
            reasoning_seconds=answer.reasoning_seconds,
            picture=self.picture,
        )


def judge(cue: Cue, answer: Answer, image: RgbImage | None) -> Judged:
    """Compare an answer with what its command expects, and draw it on the image if there is one."""
    picture = ""
    if image is not None:
        picture = jpeg_url(annotate(image, answer.candidates, answer.boxes))
    return Judged(cue, answer, faults(cue.expect, answer), picture)


def judge_result(cue: Cue, result: Result, *, draw: bool) -> Judged:
    """Compare the result of a command that was given in this process."""
    return judge(cue, answer_of(result), result.looked.image if draw and result.looked else None)
