"""What can be heard of a referral while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from rex_thinker_ros.referring.candidate import Candidate


class Stage(Enum):
    """Name what the referrer is doing."""

    DETECTING = "detecting"
    REASONING = "reasoning"
    DECIDING = "deciding"


class Observer:
    """Watch a referral; override what is of interest. Called on the referrer's thread."""

    def on_stage(self, stage: Stage) -> None:
        """Hear that a stage begins."""

    def on_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Hear the candidates, before any verdict, with the numbers that the text to come uses.

        A second time means that a later reading counts: other numbers, and the text begins anew.
        """

    def on_text(self, piece: str) -> None:
        """Hear the next piece of the model's text."""
