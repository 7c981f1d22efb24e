"""Rex-Thinker's annotation format for training: one expression with one answer a line.

{"image_name", "image_id", "ans": box, "category", "referring", "candidate_boxes": [{"bbox": box,
"category"}]}, boxes as [x0, y0, x1, y1] in pixels of the image; image_id and candidates may be
missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rex_thinker_ros.apps.evaluation.json_lines import SetError, box_of, read_records
from rex_thinker_ros.referring.boxes import Box


@dataclass(frozen=True)
class Annotation:
    """One referring expression; boxes are in pixels of the image, all of the category."""

    image_name: str
    answer: Box
    category: str
    referring: str
    candidates: tuple[Box, ...] = ()
    image_id: int | str | None = None

    def record(self) -> dict[str, Any]:
        """Return the object of its line."""
        identity = {} if self.image_id is None else {"image_id": self.image_id}
        candidates = [
            {"bbox": box.as_tuple(), "category": self.category} for box in self.candidates
        ]
        return {
            "image_name": self.image_name, **identity, "ans": self.answer.as_tuple(),
            "category": self.category, "referring": self.referring,
            **({"candidate_boxes": candidates} if candidates else {}),
        }  # fmt: skip


def read_annotations(path: Path) -> list[Annotation]:
    """Read a file of annotations.

    Raises:
        SetError: it cannot be read, it is empty, or a field is missing or malformed.
    """
    annotations = read_records(path, _annotation)
    if not annotations:
        raise SetError(f"{path} holds no annotation")
    return annotations


def _annotation(values: dict[str, Any]) -> Annotation:
    candidates = values.get("candidate_boxes", ())
    return Annotation(
        image_name=str(values["image_name"]),
        answer=box_of(values["ans"]),
        category=str(values["category"]),
        referring=str(values["referring"]),
        candidates=tuple(box_of(candidate["bbox"]) for candidate in candidates),
        image_id=values.get("image_id"),
    )


def write_annotations(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write a file of annotations."""
    with path.open("w", encoding="utf-8") as lines:
        for annotation in annotations:
            lines.write(json.dumps(annotation.record(), ensure_ascii=False) + "\n")
