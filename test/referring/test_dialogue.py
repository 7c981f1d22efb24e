"""An ambiguous referral, its question, and what each answer makes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from scripted_models import ScriptedDetector, ScriptedReasoner

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.dialogue import Offer, offer_of, settle
from rex_thinker_ros.referring.follow_up import (
    All,
    AnyOne,
    ByDescription,
    ByNumber,
    ByOrder,
    FollowUp,
    Nothing,
)
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.order_check import Side
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer

IMAGE = np.zeros((560, 560, 3), np.uint8)  # not resized for the model: multiples of 28
COMMAND = Command("the mug by the can", "mug by the can", "mug", wants_all=False)
MUGS = [
    Candidate(1, Box(300, 10, 360, 60), 0.9),
    Candidate(2, Box(10, 10, 60, 60), 0.8),
    Candidate(3, Box(450, 10, 500, 60), 0.7),
]  # from left to right: 2, 1, 3
UNCHECKED = Checks(verify_order=False)


def says(*matching: int, margin: float | None = None) -> ScriptedReasoner:
    """Return a reasoner that marks and answers these mugs, with a margin where it is known."""
    marks = "\n".join(f"- Mug {n}: {'✅' if n in matching else '❌'}" for n in (1, 2, 3))
    boxes = [{"bbox_2d": [int(x) for x in MUGS[n - 1].box.as_tuple()]} for n in matching]
    answer = f"json\n{json.dumps(boxes)}" if boxes else "None"
    text = f"<think># Summarize and Re-Check answer\n{marks}\n</think><answer>{answer}</answer>"
    margins = [] if margin is None else [PieceMargin(0, len(text), margin)]
    return ScriptedReasoner(text, margins=margins)


def refer(reasoner: ScriptedReasoner) -> Referral:
    referrer = Referrer(ScriptedDetector(MUGS), reasoner)
    return referrer.refer(IMAGE, COMMAND, Observer(), CancelToken())


def offer(margin: float | None = None) -> Offer:
    """Return the offer of mugs 1 and 2."""
    return offered(refer(says(1, 2, margin=margin)))


def offered(referral: Referral) -> Offer:
    made = offer_of(referral)
    assert made
    return made


def answered(
    answer: FollowUp,
    reasoner: ScriptedReasoner | None = None,
    checks: Checks = UNCHECKED,
    to: Offer | None = None,
) -> Referral:
    referrer = Referrer(ScriptedDetector(MUGS), reasoner or says(), checks)
    return settle(to or offer(), answer, referrer, IMAGE, Observer(), CancelToken())


def numbers(referral: Referral) -> list[int]:
    return [c.number for c in MUGS if c.box in referral.decision.boxes]


def test_an_ambiguous_referral_asks_and_offers() -> None:
    referral = refer(says(1, 2))
    assert referral.decision.outcome is Outcome.AMBIGUOUS
    assert "Which mug by the can: 2 (left) or 1 (right)?" in referral.decision.status_text
    assert [candidate.number for candidate in offered(referral).candidates] == [1, 2]


@pytest.mark.parametrize("matching", [(), (1,)], ids=["nothing", "found"])
def test_nothing_else_is_an_offer(matching: Sequence[int]) -> None:
    assert offer_of(refer(says(*matching))) is None


@pytest.mark.parametrize(
    ("answer", "reasoner", "outcome", "chosen"),
    [
        pytest.param(ByNumber(2), None, Outcome.FOUND, [2], id="number"),
        pytest.param(ByNumber(3), None, Outcome.AMBIGUOUS, [], id="a number that was not offered"),
        pytest.param(ByOrder(Side.LEFT), None, Outcome.FOUND, [2], id="left"),
        pytest.param(ByOrder(Side.RIGHT), None, Outcome.FOUND, [1], id="right of the offered"),
        pytest.param(ByOrder(Side.LARGEST), None, Outcome.AMBIGUOUS, [], id="alike in size"),
        pytest.param(All(), None, Outcome.FOUND, [1, 2], id="all"),
        pytest.param(AnyOne(), None, Outcome.FOUND, [1], id="any"),
        pytest.param(Nothing(), None, Outcome.CANCELED, [], id="none"),
        pytest.param(ByDescription("red mug"), says(2), Outcome.FOUND, [2], id="described"),
        pytest.param(
            ByDescription("red mug"), says(2, 3), Outcome.FOUND, [2], id="another fits as well"
        ),
        pytest.param(
            ByDescription("red mug"), says(1, 2), Outcome.AMBIGUOUS, [], id="both fit"
        ),
        pytest.param(ByDescription("red mug"), says(3), Outcome.AMBIGUOUS, [], id="another fits"),
        pytest.param(ByDescription("red mug"), says(), Outcome.AMBIGUOUS, [], id="none fits"),
        pytest.param(
            ByDescription("red mug"), ScriptedReasoner("what?"), Outcome.UNPARSABLE, [],
            id="no answer of the model",
        ),
    ],
)  # fmt: skip
def test_answers(
    answer: FollowUp, reasoner: ScriptedReasoner | None, outcome: Outcome, chosen: list[int]
) -> None:
    referral = answered(answer, reasoner)
    assert referral.decision.outcome is outcome
    assert numbers(referral) == chosen
    if outcome is Outcome.FOUND:
        marked = [c.number for c in referral.decision.candidates if c.verdict is Verdict.MATCH]
        assert marked == chosen
    if outcome is Outcome.AMBIGUOUS:
        assert "Which mug by the can: 2 (left) or 1 (right)?" in referral.decision.status_text
        assert [candidate.number for candidate in offered(referral).candidates] == [1, 2]


def test_a_description_is_asked_for_as_one_of_several() -> None:
    reasoner = says(2)
    answered(ByDescription("red mug"), reasoner)
    for prompt in reasoner.prompts:
        assert "Please detect red mug in the image" in prompt.user
        assert len(prompt.hint_boxes) == len(MUGS)


@pytest.mark.parametrize(
    ("expression", "matching", "verify_order", "outcome"),
    [
        pytest.param("second red mug from the left", [1], True, Outcome.FOUND, id="may be"),
        pytest.param("second red mug from the left", [2], True, Outcome.CONTRADICTION, id="first"),
        pytest.param("second red mug from the left", [2], False, Outcome.FOUND, id="not checked"),
        pytest.param(
            "third red mug from the left", [1, 3], True, Outcome.CONTRADICTION,
            id="only one of those that fit was offered",
        ),
        pytest.param(
            "third red mug from the left", [1, 2], True, Outcome.AMBIGUOUS, id="two were offered"
        ),
    ],
)  # fmt: skip
def test_a_described_order_is_checked_once_a_single_one_fits(
    expression: str, matching: list[int], verify_order: bool, outcome: Outcome
) -> None:
    checks = Checks(verify_order=verify_order)
    referral = answered(ByDescription(expression), says(*matching), checks)
    assert referral.decision.outcome is outcome
    assert len(numbers(referral)) == (1 if outcome is Outcome.FOUND else 0)
    if outcome is Outcome.CONTRADICTION:
        assert "from the left" in referral.decision.status_text


RED = ByDescription("red mug")


@pytest.mark.parametrize(
    ("offers", "answer", "describes", "least", "outcome", "confidence"),
    [
        pytest.param(2.0, ByNumber(2), None, 1.5, Outcome.FOUND, 2.0, id="sure of the offer"),
        pytest.param(1.0, ByNumber(2), None, 1.5, Outcome.LOW_CONFIDENCE, 1.0, id="not sure"),
        pytest.param(None, ByNumber(2), None, 1.5, Outcome.LOW_CONFIDENCE, None, id="unknown"),
        pytest.param(1.0, All(), None, 1.5, Outcome.LOW_CONFIDENCE, 1.0, id="not sure of all"),
        pytest.param(1.0, ByNumber(2), None, 0.0, Outcome.FOUND, 1.0, id="none asked for"),
        pytest.param(None, ByNumber(2), None, 0.0, Outcome.FOUND, None, id="nor known"),
        pytest.param(2.0, RED, 3.0, 1.5, Outcome.FOUND, 2.0, id="described"),
        pytest.param(3.0, RED, 2.0, 1.5, Outcome.FOUND, 2.0, id="the least counts"),
        pytest.param(1.0, RED, 2.0, 1.5, Outcome.LOW_CONFIDENCE, 1.0, id="unsure of the offer"),
        pytest.param(2.0, RED, 1.0, 1.5, Outcome.LOW_CONFIDENCE, 1.0, id="of the description"),
        pytest.param(None, RED, 2.0, 1.5, Outcome.LOW_CONFIDENCE, None, id="offer unknown"),
        pytest.param(None, RED, 2.0, 0.0, Outcome.FOUND, None, id="none asked for, described"),
    ],
)
def test_found_needs_the_confidence_of_all_that_the_model_marked(
    offers: float | None, answer: FollowUp, describes: float | None, least: float,
    outcome: Outcome, confidence: float | None,
) -> None:  # fmt: skip
    decision = answered(
        answer, says(2, margin=describes), Checks(min_confidence=least), offer(offers)
    ).decision
    assert (decision.outcome, decision.confidence) == (outcome, confidence)
    assert bool(decision.boxes) == (outcome is Outcome.FOUND)


@pytest.mark.parametrize(
    ("answer", "describes", "confidence"),
    [
        pytest.param(ByNumber(3), None, 2.0, id="what says nothing"),
        pytest.param(RED, 1.0, 1.0, id="what fits both"),
    ],
)
def test_the_confidence_is_kept_while_the_question_stays_open(
    answer: FollowUp, describes: float | None, confidence: float
) -> None:
    again = offered(answered(answer, says(1, 2, margin=describes), to=offer(2.0)))
    assert answered(ByNumber(1), to=again).decision.confidence == confidence


def test_what_is_settled_by_boxes_takes_no_model() -> None:
    reasoner = says()
    answered(ByNumber(1), reasoner)
    assert not reasoner.prompts
