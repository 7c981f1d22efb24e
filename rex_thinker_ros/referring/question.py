"""Asking which of several matching candidates is meant."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.choosing import choose, either, rank_of
from rex_thinker_ros.referring.follow_up import InTheMiddle
from rex_thinker_ros.referring.order_check import Side

_ENDS = (
    (Side.LEFT, "left", "right", "second from the "),
    (Side.TOP, "top", "bottom", "second from the "),
    (Side.LARGEST, "largest", "smallest", "second "),
)
"""What to call the ends of an order, and the words that make the second from an end."""


def question(candidates: Sequence[Candidate], expression: str) -> str:
    """Return the question which of at least two candidates is meant.

    Up to four get words by which they can be chosen, if their boxes (in full-image pixels) tell
    them apart; others are listed from left to right. ValueError for fewer than two candidates.
    """
    if len(candidates) < 2:
        raise ValueError("a question needs two candidates at least")
    choices = _told_apart(candidates) if len(candidates) <= 4 else None
    if choices is None:
        row = sorted(candidates, key=lambda c: (c.box.center[0], c.number))
        choices = [str(candidate.number) for candidate in row]
    return f"Which {expression}: {either(choices)}?"


def _told_apart(candidates: Sequence[Candidate]) -> list[str] | None:
    """Return numbers with words from the first order that is sure of all of 2 to 4 candidates."""
    for side, first, last, second in _ENDS:
        ranks = {rank_of(candidate, candidates, side): candidate for candidate in candidates}
        if None in ranks:
            continue
        between = [second + first, second + last][: len(candidates) - 2]
        if len(candidates) == 3 and choose(InTheMiddle(), candidates) == (ranks[1],):
            between = ["middle"]
        names = [first, *between, last]
        return [f"{ranks[rank].number} ({name})" for rank, name in enumerate(names)]
    return None
