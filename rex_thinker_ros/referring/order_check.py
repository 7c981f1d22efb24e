"""What the boxes alone say about an order: the second from the left, the largest.

A model that sorts in its head makes mistakes that arithmetic does not. Only claims that boxes can
settle are read; every other expression passes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import Command

RANKS = {
    word: rank
    for rank, words in enumerate(
        ("first 1st", "second 2nd", "third 3rd", "fourth forth 4th", "fifth 5th", "sixth 6th",
         "seventh 7th", "eighth 8th", "ninth 9th", "tenth 10th")
    )
    for word in words.split()
}  # fmt: skip
"""Ordinals and their ranks, which count from 0."""
LEVEL = 0.25
"""Positions closer than this part of the smaller box count as level with each other."""
ALIKE = 0.10
"""Sizes (square roots of areas) that differ by less than this part count as alike."""


class Side(Enum):
    """Where an order starts; the value is how an operator would say it."""

    LEFT = "from the left"
    RIGHT = "from the right"
    TOP = "from the top"
    BOTTOM = "from the bottom"
    LARGEST = "by size, the largest first"
    SMALLEST = "by size, the smallest first"
    NEAR = "from the front"
    FAR = "from the back"


_SIDES = {
    "left": Side.LEFT, "right": Side.RIGHT, "top": Side.TOP, "bottom": Side.BOTTOM,
    "largest": Side.LARGEST, "biggest": Side.LARGEST, "smallest": Side.SMALLEST,
}  # fmt: skip
"""The sides that a claim may name."""


@dataclass(frozen=True, slots=True)
class OrderClaim:
    """Say that an object is the rank-th (from 0) of its kind, counted from a side.

    strict: of all objects of the category; else only of those that fit a description, so that
    others may come before it.
    """

    side: Side
    rank: int
    strict: bool


def read_claim(expression: str, category: str) -> OrderClaim | None:
    """Return the claim of an expression that is an order of its category and no more.

    "second red mug from the left" and "largest mug" are; "mug left of the second can" is not.
    """
    words = _words(expression)
    words = words[1:] if words[:1] == ["the"] else words
    rank, words = (RANKS[words[0]], words[1:]) if words and words[0] in RANKS else (None, words)
    side, words = _take_side(words, counted=rank is not None)
    description = _before_category(words, category)
    if side is None or description is None:
        return None
    return OrderClaim(side, rank or 0, strict=not description)


def _words(text: str) -> list[str]:
    """Return lower-case words, of which those with a hyphen count as one: leftmost, tshirt."""
    return re.findall(r"[a-z0-9]+", text.lower().replace("-", ""))


def _take_side(words: list[str], *, counted: bool) -> tuple[Side | None, list[str]]:
    """Return the side that is named, and the words without it."""
    first = words[0] if words else ""
    if first.removesuffix("most") in _SIDES and (first.endswith("most") or first in _SIDES):
        name = first.removesuffix("most")
        directed = name in ("left", "right", "top", "bottom")
        if directed == first.endswith("most"):
            return _SIDES[name], words[1:]
    if counted:
        tail = [word for word in words[-3:] if word != "the"]
        if tail[-2:-1] == ["from"] and tail[-1] in ("left", "right", "top", "bottom"):
            cut = len(words) - words[::-1].index("from") - 1
            return _SIDES[tail[-1]], words[:cut]
    return None, words


def _before_category(words: list[str], category: str) -> list[str] | None:
    """Return the words before the category; None if the words do not end with it."""
    names = _words(category)
    head = words[len(words) - len(names) :]
    if not names or len(head) < len(names) or head[:-1] != names[:-1]:
        return None
    plurals = {names[-1], f"{names[-1]}s", f"{names[-1]}es", f"{names[-1][:-1]}ies"}
    return words[: len(words) - len(names)] if head[-1] in plurals else None


def order_fault(
    command: Command, chosen: Sequence[Candidate], candidates: Sequence[Candidate]
) -> str | None:
    """Return how the choice contradicts the order that the command asks for, if it does.

    Boxes are in full-image pixels. Near ties are given the benefit of the doubt.
    """
    claim = read_claim(command.expression, command.category)
    if claim is None or command.wants_all or len(chosen) != 1:
        return None
    box = chosen[0].box
    others = [c.box for c in candidates if c.number != chosen[0].number]
    surely_before = sum(comes_before(other, box, claim.side) for other in others)
    surely_after = sum(comes_before(box, other, claim.side) for other in others)
    latest = len(others) - surely_after
    early = latest < claim.rank
    late = claim.strict and surely_before > claim.rank
    if not early and not late:
        return None
    place = (surely_before if late else latest) + 1
    return (
        f"the model chose candidate {chosen[0].number}, which is number {place} "
        f"{claim.side.value}, not number {claim.rank + 1}"
    )


def comes_before(box: Box, other: Box, side: Side) -> bool:
    """Tell whether a box surely comes before another in the order that starts at a side.

    Both boxes are in pixels of the same image; near ties are not sure, either way.
    """
    if side in (Side.LARGEST, Side.SMALLEST):
        small, large = (other, box) if side is Side.LARGEST else (box, other)
        return math.sqrt(large.area) > math.sqrt(small.area) * (1 + ALIKE)
    across = side in (Side.LEFT, Side.RIGHT)
    ahead = _position(other, side) - _position(box, side)
    if side in (Side.RIGHT, Side.BOTTOM, Side.NEAR):
        ahead = -ahead
    extent = min(box.width, other.width) if across else min(box.height, other.height)
    return ahead > LEVEL * extent


def _position(box: Box, side: Side) -> float:
    """Return where a box stands, in pixels from the left or the top of the image."""
    if side in (Side.NEAR, Side.FAR):
        # what stands nearer on a table has the lower bottom edge, however high it reaches
        return box.y1
    return box.center[0 if side in (Side.LEFT, Side.RIGHT) else 1]
