"""Which reading counts, and when another one is wanted."""

from __future__ import annotations

import pytest

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.settling import settled, unsettled

A, B = Box(0, 0, 5, 5), Box(9, 9, 20, 20)
DECISIONS = {
    "a": Decision(Outcome.FOUND, "", (A,)),
    "b": Decision(Outcome.FOUND, "", (B,)),
    "ab": Decision(Outcome.FOUND, "", (A, B)),
    "ba": Decision(Outcome.FOUND, "", (B, A)),
    "none": Decision(Outcome.NO_MATCH, ""),
    "two": Decision(Outcome.AMBIGUOUS, ""),
    "unsure": Decision(Outcome.LOW_CONFIDENCE, ""),
    "denies": Decision(Outcome.CONTRADICTION, ""),
    "babble": Decision(Outcome.UNPARSABLE, ""),
    "late": Decision(Outcome.TIMEOUT, ""),
}


def read(names: str) -> list[Decision]:
    return [DECISIONS[name] for name in names.split()]


@pytest.mark.parametrize(
    ("readings", "confirmed", "at_once"),
    [
        # what counts where FOUND is to be confirmed, and where it is not
        ("a", None, 0),
        ("a a", 0, None),
        ("ab ba", 0, None),
        ("a ab", None, None),
        ("a b", None, None),
        ("a b a", 0, None),
        ("a b b", 1, None),
        ("a none", None, None),
        ("a none none", 1, None),
        ("a denies", None, None),
        ("a denies a", 0, None),
        ("none", 0, 0),
        ("two", 0, 0),
        ("unsure", 0, 0),
        ("denies", None, None),
        ("babble", None, None),
        ("denies none", 1, 1),
        ("denies a", None, 1),
        ("denies a a", 1, None),
        ("denies denies", None, None),
        ("a late", None, None),
    ],
)
def test_what_counts(readings: str, confirmed: int | None, at_once: int | None) -> None:
    assert settled(read(readings), confirm=True) == confirmed
    if at_once is not None or len(readings.split()) == 1:
        assert settled(read(readings), confirm=False) == at_once


@pytest.mark.parametrize(
    ("readings", "counts"),
    [
        ("a denies denies", 0), ("denies a denies", 1), ("denies babble", 0), ("a b", None),
        ("a none b", None), ("denies a none", None), ("a late", 0),
    ],
)  # fmt: skip
def test_what_counts_where_nothing_was_settled(readings: str, counts: int | None) -> None:
    assert unsettled(read(readings)) == counts
