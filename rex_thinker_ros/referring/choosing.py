"""Choosing among the candidates that were offered, by numbers and boxes alone."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.follow_up import (
    All,
    AnyOne,
    ByBoxes,
    ByNumber,
    ByOrder,
    ByOrdinal,
    InTheMiddle,
    Unsettled,
)
from rex_thinker_ros.referring.order_check import RANKS, Side, comes_before

LINE = 2.0
"""Boxes stand in a line if their middles spread so many times farther along it than across."""


def choose(
    follow_up: ByBoxes, candidates: Sequence[Candidate]
) -> tuple[Candidate, ...] | Unsettled:
    """Return the chosen of the offered candidates: one, or every one for All.

    Boxes are in full-image pixels, numbers differ. An order counts only what was offered, and
    near ties leave it unsettled, as does a number or a place that there is not. The order of the
    candidates makes no difference. ValueError if there are none.
    """
    if not candidates:
        raise ValueError("there must be candidates to choose from")
    match follow_up:
        case ByNumber(number):
            return _numbered(number, candidates)
        case ByOrdinal(rank):
            return _either_way(rank, candidates)
        case ByOrder(side, rank):
            return _placed(side, rank, candidates)
        case InTheMiddle():
            return _middle(candidates)
        case All(count):
            return _all(count, candidates)
        case AnyOne():
            return _any(candidates)


def _numbered(number: int, candidates: Sequence[Candidate]) -> tuple[Candidate, ...] | Unsettled:
    chosen = tuple(candidate for candidate in candidates if candidate.number == number)
    return chosen or Unsettled(f"Number {number} does not fit: choose {_choices(candidates)}.")


def _placed(
    side: Side, rank: int, candidates: Sequence[Candidate]
) -> tuple[Candidate, ...] | Unsettled:
    if rank >= len(candidates):
        return Unsettled(
            f"There is no number {rank + 1} {side.value}: choose {_choices(candidates)}."
        )
    chosen = tuple(c for c in candidates if rank_of(c, candidates, side) == rank)
    return chosen or Unsettled(
        f"Which is number {rank + 1} {side.value} is too close to tell: "
        f"choose {_choices(candidates)}."
    )


def rank_of(candidate: Candidate, candidates: Sequence[Candidate], side: Side) -> int | None:
    """Return how many come before a candidate, None if that is not sure of one of the others."""
    others = [other.box for other in candidates if other.number != candidate.number]
    before = sum(comes_before(other, candidate.box, side) for other in others)
    after = sum(comes_before(candidate.box, other, side) for other in others)
    return before if before + after == len(others) else None


def _either_way(rank: int, candidates: Sequence[Candidate]) -> tuple[Candidate, ...] | Unsettled:
    """Return "the second one" if number 2 is also the second from the left."""
    by_place = _placed(Side.LEFT, rank, candidates)
    if by_place == _numbered(rank + 1, candidates):
        return by_place
    ordinal = next(word for word, its_rank in RANKS.items() if its_rank == rank)
    place = f', or say "{ordinal} from the left"' if rank < len(candidates) else ""
    return Unsettled(
        f'"{ordinal.capitalize()}" may be a number or a place: '
        f"choose {_choices(candidates)}{place}."
    )


def _middle(candidates: Sequence[Candidate]) -> tuple[Candidate, ...] | Unsettled:
    """Return the middle one of an odd number in a line, which goes across or down the image."""
    across, down = (_spread(candidates, axis) for axis in (0, 1))
    clear = max(across, down) >= LINE * min(across, down)
    if len(candidates) % 2 == 0 or not clear:
        return Unsettled(f"There is no clear middle one: choose {_choices(candidates)}.")
    side = Side.LEFT if across >= down else Side.TOP
    return _placed(side, len(candidates) // 2, candidates)


def _spread(candidates: Sequence[Candidate], axis: int) -> float:
    """Return how far the middles of the boxes lie apart along an axis, in pixels."""
    middles = [candidate.box.center[axis] for candidate in candidates]
    return max(middles) - min(middles)


def _all(count: int | None, candidates: Sequence[Candidate]) -> tuple[Candidate, ...] | Unsettled:
    if count not in (None, len(candidates)):
        return Unsettled(
            f"There are {len(candidates)}, not {count}: choose {_choices(candidates)}, or say "
            '"all of them".'
        )
    return _by_number(candidates)


def _any(candidates: Sequence[Candidate]) -> tuple[Candidate, ...] | Unsettled:
    """Return the first that surely fits; one that only may fit is for the operator to name."""
    matching = [c for c in _by_number(candidates) if c.verdict is Verdict.MATCH]
    if not matching:
        return Unsettled(f"None of them surely fits: choose {_choices(candidates)}.")
    return (matching[0],)


def _by_number(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(candidates, key=lambda candidate: candidate.number))


def _choices(candidates: Sequence[Candidate]) -> str:
    """Return the numbers to choose from, as words for a sentence."""
    return f"number {either([str(candidate.number) for candidate in _by_number(candidates)])}"


def either(choices: Sequence[str]) -> str:
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last
