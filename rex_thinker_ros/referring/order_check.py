"""What the boxes alone say about an order: the second from the left, the largest.

A model that sorts in its head makes mistakes that arithmetic does not. Only claims that boxes can
settle are read; every other expression passes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
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
    "nearest": Side.NEAR, "closest": Side.NEAR, "farthest": Side.FAR, "furthest": Side.FAR,
}  # fmt: skip
"""The sides that a claim may name."""
_TO_THE_CAMERA = re.compile(r" (?:to|from) (?:the )?(?:camera|me|robot)$")


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
    What is nearest or farthest counts from the camera.
    """
    words = _near_first(words_of(expression))
    words = words[1:] if words[:1] == ["the"] else words
    rank, words = (RANKS[words[0]], words[1:]) if words and words[0] in RANKS else (None, words)
    side, words = _take_side(words, counted=rank is not None)
    description = before_category(words, category)
    if side is None or description is None:
        return None
    return OrderClaim(side, rank or 0, strict=not description)


def words_of(text: str) -> list[str]:
    """Return lower-case words, of which those with a hyphen count as one: leftmost, tshirt."""
    return re.findall(r"[a-z0-9]+", text.lower().replace("-", ""))


def _near_first(words: list[str]) -> list[str]:
    """Return "second mug closest to the camera" as "second closest mug"; others as they are."""
    before = _TO_THE_CAMERA.sub("", " ".join(words)).split()
    if len(before) == len(words) or _SIDES.get(before[-1]) not in (Side.NEAR, Side.FAR):
        return words
    place = 1 if before[0] in RANKS else 0
    return [*before[:place], before[-1], *before[place:-1]]


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


def before_category(words: list[str], category: str) -> list[str] | None:
    """Return the words before the category; None if the words do not end with it."""
    names = words_of(category)
    head = words[len(words) - len(names) :]
    if not names or len(head) < len(names) or head[:-1] != names[:-1]:
        return None
    plurals = {names[-1], f"{names[-1]}s", f"{names[-1]}es", f"{names[-1][:-1]}ies"}
    return words[: len(words) - len(names)] if head[-1] in plurals else None


def order_fault(
    command: Command,
    chosen: Sequence[Candidate],
    candidates: Sequence[Candidate],
    described: Collection[int] = (),
) -> str | None:
    """Return how the choice contradicts the order that the command asks for, if it does.

    described are the numbers of the candidates that the model itself says fit the description; if
    they can hold the choice at its rank, the order must hold among them as well. Boxes are in
    full-image pixels. Near ties are given the benefit of the doubt.
    """
    claim = read_claim(command.expression, command.category)
    if claim is None or command.wants_all or len(chosen) != 1:
        return None
    fault = _misplaced(claim, chosen[0], candidates, claim.strict)
    if fault is None and chosen[0].number in described and len(described) > claim.rank:
        same = [c for c in candidates if c.number in described]
        fault = _misplaced(claim, chosen[0], same, True)
    return fault


def _misplaced(
    claim: OrderClaim, chosen: Candidate, row: Sequence[Candidate], strict: bool
) -> str | None:
    """Return how the choice stands elsewhere in a row, of which it is one.

    strict: none that the claim is not about is in the row.
    """
    others = [c.box for c in row if c.number != chosen.number]
    surely_before = sum(comes_before(other, chosen.box, claim.side) for other in others)
    surely_after = sum(comes_before(chosen.box, other, claim.side) for other in others)
    latest = len(others) - surely_after
    early = latest < claim.rank
    late = strict and surely_before > claim.rank
    if not early and not late:
        return None
    place = (surely_before if late else latest) + 1
    return (
        f"the model chose candidate {chosen.number}, which is number {place} "
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
