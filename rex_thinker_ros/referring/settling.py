"""Which of several readings of a command counts.

A model that errs does so one way in one view and another way in the next, and a right answer is the
same in all: what two readings agree on is to be trusted more than either.
"""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome

UNTRUSTED = frozenset(
    {Outcome.CONTRADICTION, Outcome.UNPARSABLE, Outcome.TRUNCATED, Outcome.TIMEOUT}
)
"""How a reading ends that says nothing about the image."""


def settled(decisions: Sequence[Decision], *, confirm: bool) -> int | None:
    """Return the index of the decision that counts; None if another reading is wanted.

    It is the first that another one agrees with, but what does not end in FOUND needs none to agree
    if nothing was found before it; nor does FOUND itself, unless confirm asks for it.
    """
    *_, last = decisions
    if last.outcome in UNTRUSTED:
        return None
    earlier = [i for i, d in enumerate(decisions[:-1]) if d.outcome not in UNTRUSTED]
    if not earlier and (last.outcome is not Outcome.FOUND or not confirm):
        return len(decisions) - 1
    return next((i for i in earlier if agree(decisions[i], last)), None)


def unsettled(decisions: Sequence[Decision]) -> int | None:
    """Return the index of the decision that counts where none was settled by the last reading.

    The only one that is to be trusted, or the first if none is; None if several are that differ.
    """
    trusted = [i for i, d in enumerate(decisions) if d.outcome not in UNTRUSTED]
    return None if len(trusted) > 1 else next(iter(trusted), 0)


def agree(decision: Decision, other: Decision) -> bool:
    """Tell whether two decisions end alike, with the same boxes."""
    return decision.outcome is other.outcome and set(decision.boxes) == set(other.boxes)
