"""Referring sets as JSON lines: HumanRef's fields, or those that Rex-Thinker is trained from.

One expression a line, boxes [x0, y0, x1, y1] in pixels of the image:

    {"image_name", "referring", "answer_boxes": [box, ...], "candidate_boxes": [box, ...]}
    {"image_name", "referring", "ans": box, "candidate_boxes": [{"bbox": box, "category"}, ...]}

With either: "category", and "think", the reasoning that leads to the answer; other fields are of
no account. An empty answer_boxes, or [[]], says that nothing matches.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rex_thinker_ros.apps.evaluation.json_lines import box_of, read_records
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.training.fine_tuning.referring_set import (
    ImageFolder,
    Labelled,
    ReferringSet,
    indices_of,
)


def read_json_set(path: Path, images: Path, *, category: str) -> ReferringSet:
    """Read a file; `category` is that of lines without one.

    Expressions without candidates, or with an answer that overlaps none, are left out: the node
    would not ask the model about them, or could not accept what they teach.

    Raises:
        SetError: it cannot be read, a field is missing or malformed, or an image is not there.
    """
    records = read_records(path, _reader(path, images, category))
    kept = tuple(record for record in records if record is not None)
    return ReferringSet(kept, ImageFolder(images), left_out=len(records) - len(kept))


def _reader(path: Path, images: Path, category: str) -> Callable[[dict[str, Any]], Labelled | None]:
    def read(values: dict[str, Any]) -> Labelled | None:
        if "candidate_boxes" not in values:
            raise ValueError(
                "candidate_boxes is missing; python -m rex_thinker_ros.apps.add_candidates adds "
                "those of the detector"
            )
        name = values.get("category") or category
        if not name:
            raise ValueError("category is missing; give one for all as data.category")
        image = _text(values, "image_name")
        if not (images / image).is_file():
            raise ValueError(f"there is no image {images / image}")
        candidates = tuple(_candidate(item) for item in values["candidate_boxes"] if item != [])
        answers = indices_of(_answers(values), candidates)
        if not candidates or answers is None:
            return None
        return Labelled(
            place=f"{path}, {image}",
            image=image,
            expression=_text(values, "referring"),
            category=str(name),
            candidates=candidates,
            answers=answers,
            think=_text(values, "think") if values.get("think") else "",
        )

    return read


def _text(values: dict[str, Any], name: str) -> str:
    if not isinstance(values[name], str):
        raise TypeError(f"{name} is {values[name]!r:.40}, which is no text")
    return str(values[name])


def _answers(values: dict[str, Any]) -> list[Box]:
    if "ans" in values:
        return [box_of(values["ans"])]
    boxes = values["answer_boxes"]
    if not isinstance(boxes, list):
        raise TypeError(f"{boxes!r:.40} is no list of boxes")
    return [box_of(box) for box in boxes if box != []]


def _candidate(item: Any) -> Box:
    return box_of(item["bbox"] if isinstance(item, dict) else item)
