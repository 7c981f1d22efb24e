"""HumanRef's files: expressions with their answers, and predictions, as JSON lines."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rex_thinker_ros.apps.evaluation.json_lines import SetError, box_of, read_records
from rex_thinker_ros.referring.boxes import Box

REJECTION = "rejection"
"""The domain of expressions that nothing answers."""


@dataclass(frozen=True)
class Expression:
    """One referring expression; boxes are in pixels of the original image."""

    id: str
    image_name: str
    domain: str
    sub_domain: str
    referring: str
    answer_boxes: tuple[Box, ...]
    candidate_boxes: tuple[Box, ...]


def read_expressions(path: Path) -> list[Expression]:
    """Read a ground truth file; boxes are [x0, y0, x1, y1].

    Raises:
        SetError: it cannot be read, a field is missing or malformed, or an id comes twice.
    """
    expressions = read_records(path, _expression)
    _refuse_repeated(path, [expression.id for expression in expressions])
    if not expressions:
        raise SetError(f"{path} holds no expression")
    return expressions


def read_predictions(path: Path) -> dict[str, tuple[Box, ...]]:
    """Read a prediction file: boxes by the id of the expression, none for a rejection.

    A box that is inside out counts as a prediction of nothing: it is empty.

    Raises:
        SetError: it cannot be read, a field is missing or malformed, or an id comes twice.
    """
    predictions = read_records(path, _prediction)
    _refuse_repeated(path, [id_ for id_, _ in predictions])
    return dict(predictions)


def _expression(values: dict[str, Any]) -> Expression:
    return Expression(
        id=str(values["id"]),
        image_name=str(values["image_name"]),
        domain=str(values["domain"]),
        sub_domain=str(values.get("sub_domain") or values["domain"]),
        referring=str(values["referring"]),
        answer_boxes=_boxes(values["answer_boxes"]),
        candidate_boxes=_boxes(values["candidate_boxes"]),
    )


def _prediction(values: dict[str, Any]) -> tuple[str, tuple[Box, ...]]:
    return str(values["id"]), _boxes(values["extracted_predictions"], strict=False)


def _boxes(values: Any, *, strict: bool = True) -> tuple[Box, ...]:
    """Return the boxes of a list; [[]] is one way to write that there is none."""
    if not isinstance(values, list):
        raise TypeError(f"{values!r:.40} is no list of boxes")
    return tuple(_box(edges, strict=strict) for edges in values if edges != [])


def _box(edges: Any, *, strict: bool) -> Box:
    try:
        return box_of(edges)
    except ValueError:
        if strict or len(edges) != 4 or not all(map(math.isfinite, edges)):
            raise
    x0, y0 = edges[:2]
    return Box(x0, y0, x0, y0)


def _refuse_repeated(path: Path, ids: Sequence[str]) -> None:
    repeated = [id_ for id_, count in Counter(ids).items() if count > 1]
    if repeated:
        raise SetError(f"{path} has several lines for the id {repeated[0]}")
