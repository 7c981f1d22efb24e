"""The one result of a command."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.reading import Reading


@dataclass(frozen=True, slots=True)
class Referral:
    """Hold the one result of a command.

    reasoning is the model's whole text, as far as it came. The durations are wall-clock seconds, 0
    for a stage that was not reached; first_token_seconds runs from the start of the reasoning to
    its first piece of text, None if none came. tokens counts those of the completion, 0 without
    one. readings are all that were done, of which the one at the index counted gave the reasoning
    and the decision; time and tokens are those of all.
    """

    command: Command
    decision: Decision
    reasoning: str
    detection_seconds: float
    reasoning_seconds: float
    model: str
    first_token_seconds: float | None = None
    tokens: int = 0
    decision_seconds: float = 0.0
    readings: tuple[Reading, ...] = ()
    counted: int = 0
