"""Where a model's reasoning says that something stands."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from rex_thinker_ros.referring.boxes import Box

_NUMBERS = re.compile(r"\[\s*(\d{1,5}(?:\s*,\s*\d{1,5}){1,3})\s*\]")


@dataclass(frozen=True, slots=True)
class Place:
    """Hold what a line says before a point: x, y in resized pixels, on the ground."""

    text: str
    x: float
    y: float

    def distance(self, box: Box) -> float:
        """Return how far the middle of a box's lower edge is from here, in resized pixels."""
        return math.dist((self.x, self.y), (box.center[0], box.y1))


def read_place(line: str) -> Place | None:
    """Return the place in a line such as "The red can is at [120, 80]", None if there is none.

    Of a box it is the middle of the lower edge.
    """
    found = _NUMBERS.search(line)
    numbers = [float(number) for number in found[1].split(",")] if found else []
    if not found or len(numbers) == 3:
        return None
    x, y = numbers if len(numbers) == 2 else ((numbers[0] + numbers[2]) / 2, numbers[3])
    return Place(line[: found.start()].lower(), x, y)
