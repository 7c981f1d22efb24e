"""How a command can end."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """Name every terminal result of a command; the values are those of Referral.msg.

    Only FOUND carries boxes, so a consumer that knows nothing else is safe.
    """

    FOUND = 0

    # abstentions: the command was understood, and no box can be trusted
    NO_CANDIDATES = 1
    NO_MATCH = 2
    AMBIGUOUS = 3
    CONTRADICTION = 4
    UNPARSABLE = 5
    TRUNCATED = 6
    LOW_CONFIDENCE = 15

    # refusals: nothing was run
    INVALID_COMMAND = 7
    NO_IMAGE = 8
    STALE_IMAGE = 9
    BUSY = 14

    # endings from outside
    PREEMPTED = 10
    CANCELED = 11
    TIMEOUT = 12
    MODEL_ERROR = 13
