"""Understanding which object a sentence asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """Hold an understood command.

    expression is what the reasoner must find ("second red mug from the left"), category what
    the detector must find ("mug"); wants_all says that every match is asked for.
    """

    sentence: str
    expression: str
    category: str
    wants_all: bool


class InvalidCommandError(ValueError):
    """Say, in a sentence for the operator, what to change in a command."""
