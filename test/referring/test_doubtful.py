"""Candidates that the detector doubts: when they are asked for, and what comes of them."""

from __future__ import annotations

import numpy as np
import pytest
from scripted_models import Marking, ScriptedDetector

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.checks import DEFAULTS, Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer

IMAGE = np.zeros((480, 640, 3), np.uint8)
RED = Command("pick up the red mug", "red mug", "mug", wants_all=False)
SURE = Candidate(1, Box(90, 100, 160, 160), 0.9)
DOUBTFUL = Candidate(2, Box(200, 110, 260, 160), 0.15)
ONCE = Checks(max_readings=1)


class Doubting(ScriptedDetector):
    """Propose one more candidate when asked for the doubtful."""

    def doubtful(self, image: RgbImage, category: str) -> list[Candidate]:
        numbered = [*self._candidates, DOUBTFUL]
        return [Candidate(n, c.box, c.score) for n, c in enumerate(numbered, 1)]


class Certain(ScriptedDetector):
    """Have no doubt."""

    def doubtful(self, image: RgbImage, category: str) -> list[Candidate]:
        return []


class Heard(Observer):
    """Keep the candidates and the text that were heard last, and how often they began."""

    def __init__(self) -> None:
        self.candidates: list[int] = []
        self.text = ""

    def on_candidates(self, candidates: object) -> None:
        self.candidates.append(len(list(candidates)))  # type: ignore[call-overload]
        self.text = ""

    def on_text(self, piece: str) -> None:
        self.text += piece


def refer(
    detector: ScriptedDetector, reasoner: Marking, checks: Checks = DEFAULTS,
    observer: Observer | None = None,
) -> Referral:  # fmt: skip
    referrer = Referrer(detector, reasoner, checks)
    return referrer.refer(IMAGE, RED, observer or Observer(), CancelToken())


@pytest.mark.parametrize(
    ("sure", "reasoner"),
    [
        pytest.param([SURE], Marking((), (2,), (1,)), id="none of the sure ones matches"),
        pytest.param([], Marking((1,), (1,)), id="nothing else is in view"),
    ],
)
def test_what_was_doubtful_is_found_where_nothing_else_is(
    sure: list[Candidate], reasoner: Marking
) -> None:
    heard = Heard()
    referral = refer(Doubting(sure), reasoner, observer=heard)
    assert referral.decision.outcome is Outcome.FOUND
    assert referral.decision.boxes == (DOUBTFUL.box,)
    assert len(referral.decision.candidates) == len(sure) + 1
    assert heard.candidates == [len(sure), len(sure) + 1]
    assert heard.text == referral.reasoning == referral.readings[0].completion.text
    assert len(referral.readings) == 2


@pytest.mark.parametrize(
    ("reasoner", "outcome", "asked"),
    [
        pytest.param(Marking((1,)), Outcome.FOUND, 1, id="something matches"),
        pytest.param(Marking("no answer"), Outcome.UNPARSABLE, 1, id="no answer"),
        pytest.param(Marking((), ()), Outcome.NO_MATCH, 2, id="nothing after all"),
        pytest.param(Marking((), None), Outcome.NO_MATCH, 2, id="a contradiction about them"),
        pytest.param(Marking((), (1, 2)), Outcome.NO_MATCH, 2, id="two of them"),
    ],
)
def test_else_the_first_decision_stands_with_its_candidates(
    reasoner: Marking, outcome: Outcome, asked: int
) -> None:
    heard = Heard()
    referral = refer(Doubting([SURE]), reasoner, ONCE, heard)
    assert referral.decision.outcome is outcome
    assert len(reasoner.prompts) == asked
    assert len(referral.decision.candidates) == 1
    assert heard.candidates == [1]
    assert heard.text == referral.reasoning
    assert len(referral.readings) == 1


def test_two_readings_must_agree_on_the_doubtful_too() -> None:
    referral = refer(Doubting([SURE]), Marking((), (2,), (2,), (), "no answer"), Checks())
    assert referral.decision.outcome is Outcome.NO_MATCH


@pytest.mark.parametrize("detector", [Certain([SURE]), ScriptedDetector([SURE])])
def test_who_has_no_doubt_is_asked_once(detector: ScriptedDetector) -> None:
    reasoner = Marking(())
    assert refer(detector, reasoner).decision.outcome is Outcome.NO_MATCH
    assert len(reasoner.prompts) == 1


def test_a_cancel_ends_it() -> None:
    cancel = CancelToken()

    class Canceling(Doubting):
        def doubtful(self, image: RgbImage, category: str) -> list[Candidate]:
            cancel.cancel()
            return super().doubtful(image, category)

    referral = Referrer(Canceling([SURE]), Marking((), (2,))).refer(IMAGE, RED, Observer(), cancel)
    assert referral.decision.outcome is Outcome.CANCELED
    assert len(referral.decision.candidates) == 1
