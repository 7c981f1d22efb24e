"""All results in a few figures."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rex_thinker_ros.apps.results import Result


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
