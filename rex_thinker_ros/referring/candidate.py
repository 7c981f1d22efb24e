"""What the detector proposes and the reasoner judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from rex_thinker_ros.referring.boxes import Box


class Verdict(Enum):
    """Name the reasoner's mark on a candidate; the values are those of Candidate.msg."""

    UNKNOWN = 0
    MATCH = 1
    NO_MATCH = 2
    UNSURE = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold one detected object.

    number counts from 1 in hint order, which is detector order, or its reverse in some readings;
    box is in full-image pixels; score is the detector's, 0 to 1; verdict and note are the
    reasoner's, once it has spoken.
    """

    number: int
    box: Box
    score: float
    verdict: Verdict = Verdict.UNKNOWN
    note: str = ""


def in_reverse(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates in the reverse order, numbered anew from 1; twice is as before."""
    return tuple(replace(c, number=n) for n, c in enumerate(reversed(candidates), 1))
