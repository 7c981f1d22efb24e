"""All results in a few figures, and the kinds of outcomes."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rex_thinker_ros.apps.results import Result
from rex_thinker_ros.referring.outcome import Outcome

_ABSTENTIONS = {
    outcome.name
    for outcome in (
        Outcome.NO_CANDIDATES,
        Outcome.NO_MATCH,
        Outcome.AMBIGUOUS,
        Outcome.CONTRADICTION,
        Outcome.UNPARSABLE,
        Outcome.TRUNCATED,
        Outcome.LOW_CONFIDENCE,
    )
}
_REFUSALS = {
    outcome.name
    for outcome in (
        Outcome.INVALID_COMMAND,
        Outcome.NO_IMAGE,
        Outcome.STALE_IMAGE,
        Outcome.BUSY,
    )
}


@dataclass(frozen=True)
class Summary:
    """Counts over all results, and the median seconds of those that came; None if none did."""

    commands: int
    answered: int
    correct: int
    median_seconds: float | None
    by_status: Sequence[tuple[str, int]]


def summarize(results: Sequence[Result]) -> Summary:
    """Count the results; by_status is in order of falling count."""
    seconds = [result.seconds for result in results if result.seconds is not None]
    return Summary(
        commands=len(results),
        answered=len(seconds),
        correct=sum(result.correct for result in results),
        median_seconds=statistics.median(seconds) if seconds else None,
        by_status=Counter(result.status for result in results).most_common(),
    )


def family(status: str) -> str:
    """Name the kind of a status: found, abstained, refused, or failed (cut short, or none came)."""
    if status == Outcome.FOUND.name:
        return "found"
    if status in _ABSTENTIONS:
        return "abstained"
    return "refused" if status in _REFUSALS else "failed"
