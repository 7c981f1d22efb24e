"""Files of one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.user_error import UserError

T = TypeVar("T")


class SetError(UserError):
    """Say which line of which file does not fit, and why."""


def read_records(path: Path, make: Callable[[dict[str, Any]], T]) -> list[T]:
    """Return what `make` makes of each line's object.

    Raises:
        SetError: the file cannot be read, or `make` raised KeyError for a field that is missing,
            or TypeError or ValueError for one that is malformed.
    """
    records = []
    for line, values in _read_lines(path):
        try:
            records.append(make(values))
        except KeyError as error:
            raise SetError(f"{path}, line {line}: {error} is missing") from None
        except (TypeError, ValueError) as error:
            raise SetError(f"{path}, line {line}: {error}") from None
    return records


def _read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the numbers of the lines that are not empty, from 1, and their objects."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            raise SetError(f"{path}, line {number} is no JSON: {error}") from None
        if not isinstance(values, dict):
            raise SetError(f"{path}, line {number} is no JSON object")
        yield number, values


def box_of(edges: Any) -> Box:
    """Return the box of a list [x0, y0, x1, y1]; ValueError or TypeError if it is none."""
    if not isinstance(edges, list) or len(edges) != 4:
        raise ValueError(f"{edges!r:.40} is no box [x0, y0, x1, y1]")
    return Box(*map(float, edges))
