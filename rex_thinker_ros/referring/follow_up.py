"""The answers to the question which of several matching candidates is meant."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.referring.order_check import Side


@dataclass(frozen=True, slots=True)
class ByNumber:
    """Choose the candidate with a number, as the question names it."""

    number: int


@dataclass(frozen=True, slots=True)
class ByOrdinal:
    """Choose "the second one": a number or a place in the row; rank counts from 0."""

    rank: int


@dataclass(frozen=True, slots=True)
class ByOrder:
    """Choose the rank-th (from 0) of the offered candidates, counted from a side."""

    side: Side
    rank: int = 0


@dataclass(frozen=True, slots=True)
class InTheMiddle:
    """Choose the middle one of a row or of a column."""


@dataclass(frozen=True, slots=True)
class All:
    """Choose all that are offered; count is how many the operator says that is, if at all."""

    count: int | None = None


@dataclass(frozen=True, slots=True)
class AnyOne:
    """Leave the choice among those that surely fit to the robot."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Give up: none of the offered candidates is wanted."""


@dataclass(frozen=True, slots=True)
class ByDescription:
    """Choose by what only a model can see: "red mug", "mug behind the can"."""

    expression: str


ByBoxes = ByNumber | ByOrdinal | ByOrder | InTheMiddle | All | AnyOne
"""What numbers and boxes settle."""

FollowUp = ByBoxes | ByDescription | Nothing


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Say, in a sentence for the operator, why the question stays open."""

    reason: str
