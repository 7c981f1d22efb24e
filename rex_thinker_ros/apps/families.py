"""The kinds of outcomes."""

from __future__ import annotations

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


def family(status: str) -> str:
    """Name the kind of a status: found, abstained, refused, or failed (cut short, or none came)."""
    if status == Outcome.FOUND.name:
        return "found"
    if status in _ABSTENTIONS:
        return "abstained"
    return "refused" if status in _REFUSALS else "failed"
