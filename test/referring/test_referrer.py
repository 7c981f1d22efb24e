"""The pipeline: every way it can end, and what an observer hears on the way."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from recorder import Recorder
from scripted_models import ScriptedDetector, ScriptedReasoner

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.observer import Observer, Stage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import Prompt
from rex_thinker_ros.referring.reasoner import Completion, StopReason
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer

ONCE = Checks(max_readings=1)
IMAGE: RgbImage = np.zeros((480, 640, 3), np.uint8)
COMMAND = Command("pick up the red mug", "red mug", "mug", wants_all=False)
MUGS = [Candidate(1, Box(10, 10, 60, 60), 0.9), Candidate(2, Box(100, 10, 160, 60), 0.8)]
# the second mug, 100 / 640 * 644 and so on
ANSWER = '<answer>json\n[{"bbox_2d": [100, 9, 161, 59], "label": "mug"}]\n</answer>'
THOUGHT = "<think># Summarize and Re-Check answer\n- Mug 1: blue → ❌\n- Mug 2: red → ✅\n</think>"


class ClockedReasoner(ScriptedReasoner):
    """Pause before each piece, and note the seconds before the first one and after it."""

    before_first = 0.0
    after_first = 0.0

    def reason(
        self, image: RgbImage, prompt: Prompt, on_text: Callable[[str], None], cancel: CancelToken
    ) -> Completion:
        first, second = self._pieces
        start = time.monotonic()
        time.sleep(0.02)
        self.before_first = time.monotonic() - start
        on_text(first)
        start = time.monotonic()
        time.sleep(0.02)
        on_text(second)
        self.after_first = time.monotonic() - start
        return Completion(first + second, self._stop, 2)


def refer(detector: ScriptedDetector, reasoner: ScriptedReasoner) -> Referral:
    return Referrer(detector, reasoner, ONCE).refer(IMAGE, COMMAND, Observer(), CancelToken())


class ForesightedReasoner(ScriptedReasoner):
    """Note the image that it may look at ahead."""

    seen: RgbImage | None = None

    def look_ahead(self, image: RgbImage) -> None:
        self.seen = image


def test_a_reasoner_that_can_looks_at_the_image_while_candidates_are_sought() -> None:
    reasoner = ForesightedReasoner(THOUGHT, ANSWER)

    class Detector(ScriptedDetector):
        def detect(self, image: RgbImage, category: str) -> list[Candidate]:
            assert reasoner.seen is image
            return super().detect(image, category)

    assert refer(Detector(MUGS), reasoner).decision.outcome is Outcome.FOUND


def test_a_referral_from_image_to_box() -> None:
    recorder = Recorder()
    reasoner = ScriptedReasoner(THOUGHT, ANSWER)
    referral = Referrer(ScriptedDetector(MUGS), reasoner, ONCE).refer(
        IMAGE, COMMAND, recorder, CancelToken()
    )
    assert referral.decision.outcome is Outcome.FOUND
    assert referral.decision.boxes == (MUGS[1].box,)
    assert referral.decision.exact_copies == 1
    assert referral.reasoning == THOUGHT + ANSWER
    assert referral.command is COMMAND
    assert referral.model == "eyes + brain"
    assert recorder.heard == [
        Stage.DETECTING,
        tuple(MUGS),
        Stage.REASONING,
        THOUGHT,
        ANSWER,
        Stage.DECIDING,
    ]
    (prompt,) = reasoner.prompts
    assert prompt.resized == Size(644, 476)
    assert prompt.hint_boxes[1] == (100, 9, 161, 59)


@pytest.mark.parametrize(
    ("detector", "reasoner", "outcome", "advice"),
    [
        pytest.param(
            ScriptedDetector([]),
            ScriptedReasoner(error=AssertionError("asked without need")),
            Outcome.NO_CANDIDATES,
            "No mug in view",
            id="nothing detected, and no model asked",
        ),
        pytest.param(
            ScriptedDetector(MUGS),
            ScriptedReasoner(THOUGHT, ANSWER[:30], stop=StopReason.TOKEN_BUDGET),
            Outcome.TRUNCATED,
            "Allow more tokens",
            id="out of tokens",
        ),
        pytest.param(
            ScriptedDetector(MUGS),
            ScriptedReasoner(THOUGHT, ANSWER, stop=StopReason.TIME_BUDGET),
            Outcome.TIMEOUT,
            "Allow more seconds",
            id="out of time, whatever was said",
        ),
        pytest.param(
            ScriptedDetector(MUGS),
            ScriptedReasoner(THOUGHT, ANSWER, stop=StopReason.CANCELED),
            Outcome.CANCELED,
            "canceled",
            id="canceled, whatever was said",
        ),
        pytest.param(
            ScriptedDetector(MUGS),
            ScriptedReasoner("the red one"),
            Outcome.UNPARSABLE,
            "no <answer>",
            id="no answer",
        ),
        pytest.param(
            ScriptedDetector(MUGS),
            ScriptedReasoner("<answer>None</answer>"),
            Outcome.NO_MATCH,
            "none is the red mug",
            id="no match",
        ),
        pytest.param(
            ScriptedDetector(MUGS),
            ScriptedReasoner(ANSWER),
            Outcome.CONTRADICTION,
            "marked none but answered candidate 2",
            id="an answer without reasons",
        ),
        pytest.param(
            ScriptedDetector(MUGS, error=OSError("the weights are gone")),
            ScriptedReasoner(),
            Outcome.MODEL_ERROR,
            "the weights are gone",
            id="the detector fails",
        ),
        pytest.param(
            ScriptedDetector(MUGS),
            ScriptedReasoner("<think>", error=RuntimeError("device-side assert")),
            Outcome.MODEL_ERROR,
            "restart the node",
            id="the reasoner fails",
        ),
        pytest.param(
            ScriptedDetector([MUGS[1]]),
            ScriptedReasoner(),
            Outcome.MODEL_ERROR,
            "numbered",
            id="the detector numbers wrongly",
        ),
    ],
)
def test_endings_without_a_box(
    detector: ScriptedDetector, reasoner: ScriptedReasoner, outcome: Outcome, advice: str
) -> None:
    decision = refer(detector, reasoner).decision
    assert decision.outcome is outcome
    assert advice in decision.status_text
    assert decision.boxes == ()


@pytest.mark.parametrize(
    ("height", "width", "fault"),
    [
        pytest.param(5, 2000, "2000 x 5 pixels is too narrow", id="wide"),
        pytest.param(2000, 5, "5 x 2000 pixels is too narrow", id="high"),
        pytest.param(0, 640, "640 x 0 pixels holds nothing", id="empty"),
    ],
)
def test_an_image_that_no_model_can_see_is_refused_before_any_is_asked(
    height: int, width: int, fault: str
) -> None:
    asked = AssertionError("asked without need")
    referrer = Referrer(ScriptedDetector(MUGS, error=asked), ScriptedReasoner(error=asked))
    image = np.zeros((height, width, 3), np.uint8)
    decision = referrer.refer(image, COMMAND, Observer(), CancelToken()).decision
    assert decision.outcome is Outcome.NO_IMAGE
    assert fault in decision.status_text
    assert "restart" not in decision.status_text


def test_the_narrowest_image_that_the_model_can_see_is_not_refused() -> None:
    referrer = Referrer(ScriptedDetector([]), ScriptedReasoner())
    image = np.zeros((5, 1000, 3), np.uint8)
    decision = referrer.refer(image, COMMAND, Observer(), CancelToken()).decision
    assert decision.outcome is Outcome.NO_CANDIDATES


def test_the_text_up_to_a_fault_is_kept() -> None:
    referral = refer(ScriptedDetector(MUGS), ScriptedReasoner("<think>so", error=ValueError("oh")))
    assert referral.reasoning == "<think>so"
    assert referral.first_token_seconds is not None
    assert referral.tokens == 0
    assert referral.decision.candidates == tuple(MUGS)


@pytest.mark.parametrize(
    ("cancel_at", "reached"),
    [
        pytest.param(Stage.DETECTING, [Stage.DETECTING], id="while detecting"),
        pytest.param(
            THOUGHT, [Stage.DETECTING, tuple(MUGS), Stage.REASONING, THOUGHT], id="while reasoning"
        ),
        pytest.param(
            ANSWER,
            [Stage.DETECTING, tuple(MUGS), Stage.REASONING, THOUGHT, ANSWER],
            id="with the last word",
        ),
    ],
)
def test_a_cancel_ends_it_where_it_is(cancel_at: object, reached: list[object]) -> None:
    cancel = CancelToken()
    recorder = Recorder(cancel, cancel_at)
    referral = Referrer(ScriptedDetector(MUGS), ScriptedReasoner(THOUGHT, ANSWER)).refer(
        IMAGE, COMMAND, recorder, cancel
    )
    assert referral.decision.outcome is Outcome.CANCELED
    assert recorder.heard == reached


def test_a_command_that_was_canceled_before_it_began_runs_nothing() -> None:
    cancel = CancelToken()
    cancel.cancel()
    recorder = Recorder()
    referral = Referrer(ScriptedDetector(MUGS), ScriptedReasoner()).refer(
        IMAGE, COMMAND, recorder, cancel
    )
    assert referral.decision.outcome is Outcome.CANCELED
    assert recorder.heard == []


@pytest.mark.parametrize(
    ("margin", "least", "outcome"),
    [
        (2.0, 1.5, Outcome.FOUND), (1.0, 1.5, Outcome.LOW_CONFIDENCE), (1.0, 0.0, Outcome.FOUND),
        (None, 0.0, Outcome.FOUND), (None, 1.5, Outcome.LOW_CONFIDENCE),
    ],
)  # fmt: skip
def test_found_needs_the_confidence_that_is_asked_for(
    margin: float | None, least: float, outcome: Outcome
) -> None:
    text = THOUGHT + ANSWER
    margins = [] if margin is None else [PieceMargin(0, len(text), margin)]
    reasoner = ScriptedReasoner(text, margins=margins)
    referrer = Referrer(ScriptedDetector(MUGS), reasoner, Checks(min_confidence=least))
    decision = referrer.refer(IMAGE, COMMAND, Observer(), CancelToken()).decision
    assert decision.outcome is outcome
    assert decision.confidence == margin
    assert bool(decision.boxes) == (outcome is Outcome.FOUND)


def test_a_whole_referral_tells_the_time_of_every_stage() -> None:
    start = time.monotonic()
    referral = refer(ScriptedDetector(MUGS), ScriptedReasoner(THOUGHT, ANSWER))
    elapsed = time.monotonic() - start
    assert referral.first_token_seconds is not None
    assert 0 < referral.first_token_seconds <= referral.reasoning_seconds
    assert referral.detection_seconds > 0
    assert referral.decision_seconds > 0
    stages = (referral.detection_seconds, referral.reasoning_seconds, referral.decision_seconds)
    assert sum(stages) <= elapsed
    assert referral.tokens == 2


def test_the_first_piece_of_text_parts_the_time_of_the_reasoning() -> None:
    reasoner = ClockedReasoner(THOUGHT, ANSWER)
    referral = refer(ScriptedDetector(MUGS), reasoner)
    assert referral.first_token_seconds is not None
    assert referral.first_token_seconds >= reasoner.before_first
    rest = referral.reasoning_seconds - referral.first_token_seconds
    assert rest >= reasoner.after_first


@pytest.mark.parametrize(
    ("detector", "reasoner", "reached"),
    [
        pytest.param(
            ScriptedDetector([]), ScriptedReasoner(), (True, False, False, False, 0), id="detected"
        ),
        pytest.param(
            ScriptedDetector(MUGS), ScriptedReasoner(error=ValueError("oh")),
            (True, True, False, False, 0), id="failed without a word",
        ),
        pytest.param(
            ScriptedDetector(MUGS), ScriptedReasoner(THOUGHT, stop=StopReason.CANCELED),
            (True, True, True, False, 1), id="canceled while reasoning",
        ),
    ],
)  # fmt: skip
def test_a_stage_that_is_not_reached_has_no_time(
    detector: ScriptedDetector,
    reasoner: ScriptedReasoner,
    reached: tuple[bool, bool, bool, bool, int],
) -> None:
    referral = refer(detector, reasoner)
    assert reached == (
        referral.detection_seconds > 0,
        referral.reasoning_seconds > 0,
        referral.first_token_seconds is not None,
        referral.decision_seconds > 0,
        referral.tokens,
    )
