"""HumanRef's files: expressions with their answers, and predictions, as JSON lines."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rex_thinker_ros.referring.boxes import Box

REJECTION = "rejection"
"""The domain of expressions that nothing answers."""


class HumanRefError(ValueError):
    """Say which line of which file does not fit, and why."""


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
        HumanRefError: it cannot be read, a field is missing or malformed, or an id comes twice.
    """
    expressions = []
    for line, values in _lines(path):
        try:
            expressions.append(
                Expression(
                    id=str(values["id"]),
                    image_name=str(values["image_name"]),
                    domain=str(values["domain"]),
                    sub_domain=str(values.get("sub_domain") or values["domain"]),
                    referring=str(values["referring"]),
                    answer_boxes=_boxes(values["answer_boxes"]),
                    candidate_boxes=_boxes(values["candidate_boxes"]),
                )
            )
        except KeyError as error:
            raise HumanRefError(f"{path}, line {line}: {error} is missing") from None
        except (TypeError, ValueError) as error:
            raise HumanRefError(f"{path}, line {line}: {error}") from None
    ids = [expression.id for expression in expressions]
    _refuse_repeated(path, ids)
    if not ids:
        raise HumanRefError(f"{path} holds no expression")
    return expressions


def read_predictions(path: Path) -> dict[str, tuple[Box, ...]]:
    """Read a prediction file: boxes by the id of the expression, none for a rejection.

    A box that is inside out counts as a prediction of nothing: it is empty.

    Raises:
        HumanRefError: it cannot be read, a field is missing or malformed, or an id comes twice.
    """
    predictions = []
    for line, values in _lines(path):
        try:
            boxes = values["extracted_predictions"]
            predictions.append((str(values["id"]), _boxes(boxes, strict=False)))
        except KeyError as error:
            raise HumanRefError(f"{path}, line {line}: {error} is missing") from None
        except (TypeError, ValueError) as error:
            raise HumanRefError(f"{path}, line {line}: {error}") from None
    _refuse_repeated(path, [id_ for id_, _ in predictions])
    return dict(predictions)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HumanRefError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            raise HumanRefError(f"{path}, line {number} is no JSON: {error}") from None
        if not isinstance(values, dict):
            raise HumanRefError(f"{path}, line {number} is no JSON object")
        yield number, values


def _boxes(values: Any, *, strict: bool = True) -> tuple[Box, ...]:
    """Return the boxes of a list; [[]] is one way to write that there is none."""
    if not isinstance(values, list):
        raise TypeError(f"{values!r:.40} is no list of boxes")
    return tuple(_box(edges, strict=strict) for edges in values if edges != [])


def _box(edges: Any, *, strict: bool) -> Box:
    if not isinstance(edges, list) or len(edges) != 4:
        raise ValueError(f"{edges!r:.40} is no box [x0, y0, x1, y1]")
    x0, y0, x1, y1 = map(float, edges)
    if not strict and all(map(math.isfinite, (x0, y0, x1, y1))) and (x1 < x0 or y1 < y0):
        return Box(x0, y0, x0, y0)
    return Box(x0, y0, x1, y1)


def _refuse_repeated(path: Path, ids: Sequence[str]) -> None:
    repeated = [id_ for id_, count in Counter(ids).items() if count > 1]
    if repeated:
        raise HumanRefError(f"{path} has several lines for the id {repeated[0]}")
