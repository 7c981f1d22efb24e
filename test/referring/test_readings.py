"""Several readings of one command: what is asked, what is heard and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from recorder import Recorder
from scripted_models import Marking, ScriptedDetector

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate, Verdict, in_reverse
from rex_thinker_ros.referring.checks import DEFAULTS, MOST_READINGS, Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.observer import Observer, Stage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import hint_boxes, smart_resize
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer
from rex_thinker_ros.referring.view import PLANS

IMAGE = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
RED = Command("pick up the red mug", "red mug", "mug", wants_all=False)
MUGS = (Candidate(1, Box(90, 100, 160, 160), 0.9), Candidate(2, Box(200, 110, 260, 160), 0.8))
FIRST, SECOND = ((1,), (2,)), ((2,), (1,))
"""Choices of one candidate: in the detector's order, and in the reverse order."""


def choices(*chosen: tuple[Sequence[int], Sequence[int]] | str | None) -> Marking:
    """Return a reasoner that chooses candidates by what they are, whatever the order."""
    plain = [
        choice[PLANS[i].backwards] if isinstance(choice, tuple) else choice
        for i, choice in enumerate(chosen)
    ]
    return Marking(*plain)


def refer(
    reasoner: Marking, checks: Checks = DEFAULTS, *, observer: Observer | None = None,
    detector: ScriptedDetector | None = None, cancel: CancelToken | None = None,
) -> Referral:  # fmt: skip
    referrer = Referrer(detector or ScriptedDetector(MUGS), reasoner, checks)
    return referrer.refer(IMAGE, RED, observer or Observer(), cancel or CancelToken())


def test_what_two_views_agree_on_is_found_and_heard_once() -> None:
    reasoner, recorder = choices(FIRST, FIRST), Recorder()
    referral = refer(reasoner, observer=recorder)
    assert referral.decision.outcome is Outcome.FOUND
    assert referral.decision.boxes == (MUGS[0].box,)
    assert [c.verdict for c in referral.decision.candidates] == [Verdict.MATCH, Verdict.NO_MATCH]
    assert [c.box for c in referral.decision.candidates] == [c.box for c in MUGS]
    assert referral.decision.status_text == "Found the red mug: candidate 1."
    texts = [reading.completion.text for reading in referral.readings]
    assert (referral.counted, referral.reasoning) == (0, texts[0])
    assert referral.tokens == len(texts[0]) + len(texts[1])
    assert recorder.heard == [
        Stage.DETECTING, MUGS, Stage.REASONING, texts[0], Stage.DECIDING,
        Stage.REASONING, Stage.DECIDING,
    ]  # fmt: skip


def test_each_view_is_asked_about_what_it_shows() -> None:
    reasoner = choices(*[None] * MOST_READINGS)
    referral = refer(reasoner, Checks(max_readings=MOST_READINGS))
    assert len(reasoner.prompts) == MOST_READINGS
    for reading, image, prompt, plan in zip(
        referral.readings, reasoner.images, reasoner.prompts, PLANS, strict=True
    ):
        window = reading.view.window
        assert np.array_equal(image, window.of(IMAGE))
        assert prompt.resized == smart_resize(window.size, reasoner.bounds)
        shown = reading.view.shown(in_reverse(MUGS) if plan.backwards else MUGS)
        assert prompt.hint_boxes == hint_boxes(shown, window.size, prompt.resized)
        assert [c.box for c in reading.decision.candidates] == [
            c.box for c in (in_reverse(MUGS) if plan.backwards else MUGS)
        ]


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (None, "contradicted itself"), ("no answer", "could not be understood"),
    ],
)  # fmt: skip
def test_what_is_not_to_be_trusted_is_asked_again_and_then_confirmed(
    first: str | None, why: str
) -> None:
    recorder = Recorder()
    reasoner = choices(first, SECOND, SECOND)
    referral = refer(reasoner, observer=recorder)
    assert referral.decision.outcome is Outcome.FOUND
    assert referral.decision.boxes == (MUGS[1].box,)
    assert referral.counted == 1
    assert referral.reasoning == referral.readings[1].completion.text
    assert "candidate 1. A first reading" in referral.decision.status_text  # in its own order
    assert why in referral.decision.status_text
    assert [c.box for c in referral.decision.candidates] == [MUGS[1].box, MUGS[0].box]
    begins_anew = recorder.heard[-2:]
    assert begins_anew == [referral.decision.candidates, referral.reasoning]


@pytest.mark.parametrize(
    ("reasoner", "readings", "outcome", "says"),
    [
        pytest.param(choices(FIRST, SECOND, SECOND), 3, Outcome.FOUND, "otherwise", id="outvoted"),
        pytest.param(choices(FIRST, SECOND, FIRST), 3, Outcome.FOUND, "candidate 1.", id="third"),
        pytest.param(
            choices(FIRST, SECOND, ((), ()), None), 4, Outcome.CONTRADICTION,
            "4 readings of the image came to different answers", id="each says otherwise",
        ),
        pytest.param(choices(FIRST, None, None, "oh"), 4, Outcome.FOUND, "No other", id="lone"),
        pytest.param(
            choices(FIRST, ((), ()), ((), ())), 3, Outcome.NO_MATCH, "otherwise", id="nothing there"
        ),
        pytest.param(choices(((), ())), 1, Outcome.NO_MATCH, "none is", id="nothing, at once"),
        pytest.param(
            choices(((1, 2), (1, 2))), 1, Outcome.AMBIGUOUS, "2 fit", id="a question, at once"
        ),
        pytest.param(
            choices(None, None, None, None), 4, Outcome.CONTRADICTION, "marked none", id="never"
        ),
    ],
)  # fmt: skip
def test_what_comes_of_readings_that_differ(
    reasoner: Marking, readings: int, outcome: Outcome, says: str
) -> None:
    referral = refer(reasoner)
    assert referral.decision.outcome is outcome
    assert len(referral.readings) == readings
    assert says in referral.decision.status_text
    assert bool(referral.decision.boxes) is (outcome is Outcome.FOUND)
    assert referral.reasoning == referral.readings[referral.counted].completion.text


@pytest.mark.parametrize(
    ("checks", "reasoner", "outcome"),
    [
        (Checks(max_readings=1), choices(FIRST), Outcome.FOUND),
        (Checks(max_readings=1), choices(None), Outcome.CONTRADICTION),
        (Checks(confirm=False), choices(FIRST), Outcome.FOUND),
        (Checks(confirm=False), choices(None, FIRST), Outcome.FOUND),
        (Checks(max_readings=2), choices(FIRST, SECOND), Outcome.CONTRADICTION),
    ],
)
def test_fewer_readings(checks: Checks, reasoner: Marking, outcome: Outcome) -> None:
    referral = refer(reasoner, checks)
    assert referral.decision.outcome is outcome
    assert not reasoner._choices


class GivenCandidates(ScriptedDetector):
    """Return candidates that others know by their numbers."""

    given = True


def test_candidates_that_others_gave_keep_their_numbers() -> None:
    reasoner = Marking(None, (1,), (1,))
    referral = refer(reasoner, detector=GivenCandidates(MUGS))
    assert referral.decision.boxes == (MUGS[0].box,)
    assert [c.box for c in referral.decision.candidates] == [c.box for c in MUGS]
    assert not any(reading.view.backwards for reading in referral.readings)


def test_a_view_that_cuts_a_candidate_away_is_left_out() -> None:
    at_the_edge = Candidate(1, Box(0, 100, 15, 160), 0.9)
    reasoner = Marking((1,), (1,))
    referral = refer(reasoner, detector=ScriptedDetector([at_the_edge]))
    assert referral.decision.boxes == (at_the_edge.box,)
    assert [reading.view.window.x0 for reading in referral.readings] == [0, -28]


class Forgetful(Marking):
    """Know answers to some images alone."""

    known: Sequence[int] = ()

    def knows(self, image: np.ndarray, prompt: object) -> bool:
        return image.shape[0] in self.known


def test_who_only_repeats_is_asked_what_he_knows() -> None:
    reasoner = Forgetful((1,))
    assert refer(reasoner).decision.outcome is Outcome.FOUND
    moved = Forgetful((1,), (2,))
    moved.known = (480,)  # the moved image is as high as the first, and in the reverse order
    referral = refer(moved)
    assert referral.decision.outcome is Outcome.FOUND
    assert [reading.view.window.x0 for reading in referral.readings] == [0, -14]


def test_a_cancel_ends_a_further_reading() -> None:
    cancel = CancelToken()
    referral = refer(
        choices(FIRST, FIRST), observer=Recorder(cancel, Stage.REASONING, times=2), cancel=cancel
    )
    assert referral.decision.outcome is Outcome.CANCELED
    assert referral.decision.candidates == MUGS
    assert referral.reasoning == referral.readings[0].completion.text


@pytest.mark.parametrize(
    ("height", "width"),
    [
        pytest.param(50, 8000, id="without its edges it would be too narrow"),
        pytest.param(6, 1150, id="without its edges nothing would be left"),
    ],
)
def test_a_view_of_too_little_is_left_out(height: int, width: int) -> None:
    strip = np.zeros((height, width, 3), np.uint8)
    mug = Candidate(1, Box(1000, 0.4 * height, 1100, 0.6 * height), 0.9)
    referral = Referrer(ScriptedDetector([mug]), Marking((1,), (1,))).refer(
        strip, RED, Observer(), CancelToken()
    )
    assert referral.decision.outcome is Outcome.FOUND
    assert [reading.view.window.size.height > height for reading in referral.readings] == [
        False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("number", [0, MOST_READINGS + 1])
def test_there_are_only_so_many_views(number: int) -> None:
    with pytest.raises(ValueError, match=f"1 to {MOST_READINGS}"):
        Checks(max_readings=number)
