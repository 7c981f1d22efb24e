"""What a referring expression over a tabletop means: typed parts, and whom they single out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from rex_thinker_ros.referring.boxes import Box, Size

LARGEST = 559  # the largest number that the reasoner has a token for


class Key(Enum):
    """What candidates are measured by; the value is the word in the reasoning."""

    X = "x"
    BOTTOM = "bottom"
    SIZE = "size"
    DISTANCE = "distance"


class Relation(Enum):
    """How candidates may lie to an anchor."""

    CLOSEST = "closest to"
    LEFT = "left of"
    RIGHT = "right of"
    FRONT = "in front of"
    BEHIND = "behind"


@dataclass(frozen=True)
class Seen:
    """An object as a question sees it: box in resized-image pixels; no category means nothing."""

    category: str
    color: str
    box: Box
    world: tuple[float, float] = (0.0, 0.0)

    def measure(self, key: Key, anchor: Seen | None = None) -> int:
        """Return what the reasoning writes down for this object, in resized pixels."""
        if key is Key.X:
            return int(self.box.center[0])
        if key is Key.BOTTOM:
            return int(self.box.y1)
        if key is Key.SIZE:
            return int(math.sqrt(self.box.area))
        if anchor is None:
            raise ValueError("a distance needs an anchor")
        return int(math.dist(self.point(), anchor.point()))

    def point(self) -> tuple[int, int]:
        """Return where it stands: the middle of the box's lower edge, in resized pixels."""
        return self.measure(Key.X), self.measure(Key.BOTTOM)


@dataclass(frozen=True)
class Order:
    """Take the `rank`-th (from 0) of the fitting candidates, ordered by a key."""

    key: Key
    descending: bool
    rank: int


@dataclass(frozen=True)
class Question:
    """A referring expression over numbered candidates and what it means there.

    `targets` are indices into `candidates`, in their order; `anchor` is None also when the
    expression names one that is not on the table (`anchor_name` is then still given).
    """

    kind: str
    expression: str
    category: str
    wants_all: bool
    color: str | None
    candidates: tuple[Seen, ...]
    targets: tuple[int, ...]
    order: Order | None = None
    relation: Relation | None = None
    anchor_name: tuple[str, str] | None = None
    anchor: Seen | None = None


class UnclearError(Exception):
    """People might disagree about this question, so it is not asked."""


def resolve(question: Question, image: Size) -> tuple[int, ...]:
    """Return the candidates that are meant; raise UnclearError where people might disagree."""
    candidates, anchor = question.candidates, question.anchor
    if question.anchor_name is not None and anchor is None:
        return ()
    fitting = [i for i, c in enumerate(candidates) if question.color in (None, c.color)]
    if question.order is not None:
        ranked = _rank(candidates, fitting, question.order, image, anchor)
        return tuple(ranked[question.order.rank : question.order.rank + 1])
    if question.relation is not None and anchor is not None:
        return tuple(i for i in fitting if stands(candidates[i], question.relation, anchor, image))
    return tuple(fitting)


def _rank(
    candidates: Sequence[Seen], fitting: list[int], order: Order, image: Size,
    anchor: Seen | None = None,
) -> list[int]:  # fmt: skip
    """Order the fitting candidates; raise UnclearError where two that matter are too close."""
    values = {i: candidates[i].measure(order.key, anchor) for i in fitting}
    ranked = sorted(fitting, key=lambda i: values[i], reverse=order.descending)
    for before, after in pairwise(ranked[: order.rank + 2]):
        low, high = sorted((values[before], values[after]))
        if order.key in (Key.SIZE, Key.DISTANCE):
            clear = high > low * (1.12 if order.key is Key.SIZE else 1.25) + 2
        else:
            clear = high - low >= 0.02 * image.width
        if not clear:
            raise UnclearError(f"{order.key.value} {low} and {high} are too close")
    if anchor is not None and ranked:
        nearest = min(fitting, key=lambda i: math.dist(candidates[i].world, anchor.world))
        if nearest != ranked[0]:
            raise UnclearError("nearest in the picture is not nearest on the table")
    return ranked


def stands(item: Seen, relation: Relation, anchor: Seen, image: Size) -> bool:
    """Tell whether an object lies so to the anchor; raise UnclearError where it is a close call."""
    key = Key.X if relation in (Relation.LEFT, Relation.RIGHT) else Key.BOTTOM
    ahead = item.measure(key) - anchor.measure(key)
    if abs(ahead) < 0.025 * image.width:
        raise UnclearError("about level with the anchor")
    return ahead < 0 if relation in (Relation.LEFT, Relation.BEHIND) else ahead > 0
