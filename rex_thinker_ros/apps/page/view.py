"""What the page shows at one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rex_thinker_ros.apps.page.grounding import Line, ground, latest_verdicts
from rex_thinker_ros.apps.page.picture import Picture
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import HintBox
from rex_thinker_ros.referring.referral import Referral


@dataclass(frozen=True, slots=True)
class View:
    """Hold a request's picture, candidates, reasoning and end, as far as it has come.

    doing says what is under way, empty once there is a decision. hints are the candidates' boxes
    as the model was told them, text is what it has written. referral is only there where models
    were asked.
    """

    doing: str = ""
    picture: Picture | None = None
    command: Command | None = None
    candidates: tuple[Candidate, ...] = ()
    hints: tuple[HintBox, ...] = ()
    text: str = ""
    decision: Decision | None = None
    referral: Referral | None = None

    def lines(self) -> tuple[Line, ...]:
        """Return the lines of the text, grounded in the candidates."""
        return ground(self.text, self.command.category, self.hints) if self.command else ()

    def judged(self) -> tuple[Candidate, ...]:
        """Return the candidates with the verdicts of the decision, before it with those so far."""
        if self.decision:
            return self.decision.candidates
        verdicts = latest_verdicts(self.lines())
        return tuple(
            replace(candidate, verdict=verdicts.get(candidate.number, candidate.verdict))
            for candidate in self.candidates
        )


def ended(outcome: Outcome, text: str) -> View:
    """Return the view of a request that no model was asked for."""
    return View(decision=Decision(outcome, text))
