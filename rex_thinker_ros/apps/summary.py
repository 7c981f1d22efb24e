"""All results in a few figures."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rex_thinker_ros.apps.entry import Entry


@dataclass(frozen=True)
class Summary:
    """Counts over all results, and the median seconds of those that came; None if none did."""

    commands: int
    answered: int
    correct: int
    median_seconds: float | None
    by_status: Sequence[tuple[str, int]]


def summarize(entries: Sequence[Entry]) -> Summary:
    """Count the results; by_status is in order of falling count."""
    seconds = [entry.seconds for entry in entries if entry.seconds is not None]
    return Summary(
        commands=len(entries),
        answered=len(seconds),
        correct=sum(not entry.complaint for entry in entries),
        median_seconds=statistics.median(seconds) if seconds else None,
        by_status=Counter(entry.status for entry in entries).most_common(),
    )
