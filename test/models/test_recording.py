"""What was recorded is answered again, and what was not is said."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scripted_models import Marking, ScriptedDetector, ScriptedReasoner, marked

from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.records import to_record
from rex_thinker_ros.answering.requests import Request
from rex_thinker_ros.answering.result import Looked, Result
from rex_thinker_ros.models.external import ExternalDetector
from rex_thinker_ros.models.load import device_name, load_models, warm_up
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.recorded import RecordedDetector, RecordedReasoner
from rex_thinker_ros.models.recorded_answers import (
    EndedEarlyError,
    NotRecordedError,
    PromptChangedError,
    UnknownImageError,
)
from rex_thinker_ros.models.recording import Recording, RecordingError
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.decision_record import DecisionRecord, LogSession
from rex_thinker_ros.referring.detector import Detector, RgbImage
from rex_thinker_ros.referring.log_reader import DECISIONS_FILE, LoggedDecision, segment_path
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt, build_prompt, wording
from rex_thinker_ros.referring.reasoner import Reasoner, StopReason
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer

NOON = datetime(2025, 6, 1, 12, tzinfo=timezone.utc)
BOUNDS = ScriptedReasoner.bounds
SMALL = PixelBounds(28 * 28, 4 * 28 * 28)
SIZE = Size(80, 60)
IMAGE = np.random.default_rng(1).integers(0, 256, (SIZE.height, SIZE.width, 3), np.uint8)
MUGS = (Candidate(1, Box(19.5, 15, 35, 40.25), 0.9), Candidate(2, Box(38, 18, 60, 40), 1 / 3))
RED = Command("the red mug", "red mug", "mug", wants_all=False)
BLUE = replace(RED, expression="blue mug")
CUP = replace(RED, category="cup")
HEADER: Any = SimpleNamespace(stamp=SimpleNamespace(sec=7, nanosec=8), frame_id="camera")


def prompt_of(
    command: Command, candidates: Sequence[Candidate] = MUGS, bounds: PixelBounds = BOUNDS
) -> Prompt:
    return build_prompt(
        expression=command.expression, category=command.category, candidates=candidates,
        image_size=SIZE, bounds=bounds,
    )  # fmt: skip


def text(*numbers: int, unsure: int = 0) -> str:
    """Return what a model writes that chooses mugs by number."""
    return marked(prompt_of(RED), numbers, unsure=unsure)


def refer(
    detector: Detector, reasoner: Reasoner, command: Command = RED, *, min_confidence: float = 0.0
) -> Referral:
    checks = Checks(min_confidence=min_confidence)
    return Referrer(detector, reasoner, checks).refer(IMAGE, command, Observer(), CancelToken())


def saying(
    said: str, margin: float | None = None, stop: StopReason = StopReason.END
) -> ScriptedReasoner:
    """Return a model whose marks and numbers have a margin."""
    heading = PieceMargin(0, 10, 0.001)  # decides nothing
    rest = () if margin is None else (heading, PieceMargin(10, len(said), margin))
    return ScriptedReasoner(said, stop=stop, margins=rest)


def decided(said: str = "", command: Command = RED, margin: float | None = None) -> Referral:
    return refer(ScriptedDetector(MUGS), saying(said or text(1), margin), command)


def logged(
    referral: Referral, ending: Outcome | None = None, *, answers: str = "",
    bounds: PixelBounds = BOUNDS, words: str | None = None,
) -> LoggedDecision:  # fmt: skip
    """Return a referral as it is read from a log; `ending` is an outcome that came after it."""
    decision = referral.decision
    result = Result(
        Request("ab-1", Query(referral.command.sentence, 0)), ending or decision.outcome,
        decision.status_text, referral.command, Looked(IMAGE, HEADER, 0.1, 7_000_000_008, 0.01),
        referral, answers=answers,
    )  # fmt: skip
    session = LogSession(NOON, {"profile": asdict(bounds)}, wording() if words is None else words)
    record = DecisionRecord.from_json(to_record(result, NOON, 0).to_json())
    return LoggedDecision(LogSession.from_json(session.to_json()), record, None)


def models(*decisions: LoggedDecision) -> tuple[RecordedDetector, RecordedReasoner]:
    recording = Recording(decisions)
    detector = RecordedDetector(recording, name="recorded")
    return detector, RecordedReasoner(recording, name="recorded", bounds=BOUNDS)


@pytest.mark.parametrize(
    ("said", "least", "outcome"),
    [
        pytest.param(saying(text(1)), 0.0, Outcome.FOUND, id="found"),
        pytest.param(saying(text(1), 2.5), 1.0, Outcome.FOUND, id="surely found"),
        pytest.param(saying(text(1), 1 / 3), 1.0, Outcome.LOW_CONFIDENCE, id="unsurely found"),
        pytest.param(saying(text(1)), 1.0, Outcome.LOW_CONFIDENCE, id="margins not known"),
        pytest.param(saying(text(1, 2), 2.5), 0.0, Outcome.AMBIGUOUS, id="two fit"),
        pytest.param(saying(text(2, unsure=1), 2.5), 0.0, Outcome.AMBIGUOUS, id="a doubt"),
        pytest.param(saying(text(), 2.5), 0.0, Outcome.NO_MATCH, id="none fits"),
        pytest.param(saying("no answer \udcff"), 0.0, Outcome.UNPARSABLE, id="no answer"),
        pytest.param(
            saying("<think>", stop=StopReason.TOKEN_BUDGET), 0.0, Outcome.TRUNCATED,
            id="out of tokens",
        ),
        pytest.param(
            saying(text(1), stop=StopReason.TOKEN_BUDGET), 0.0, Outcome.FOUND, id="whole by luck"
        ),
        pytest.param(
            saying(text(1), stop=StopReason.TIME_BUDGET), 0.0, Outcome.TIMEOUT, id="out of time"
        ),
    ],
)  # fmt: skip
def test_each_outcome_comes_again(said: ScriptedReasoner, least: float, outcome: Outcome) -> None:
    original = refer(ScriptedDetector(MUGS), said, min_confidence=least)
    assert original.decision.outcome is outcome
    again = refer(*models(logged(original)), min_confidence=least)
    assert again.decision == original.decision
    assert (again.reasoning, again.tokens) == (original.reasoning, original.tokens)


def test_nothing_in_view_comes_again() -> None:
    original = refer(ScriptedDetector([]), saying(""))
    assert original.decision.outcome is Outcome.NO_CANDIDATES
    assert refer(*models(logged(original))).decision == original.decision


@pytest.mark.parametrize(
    ("readings", "outcome", "times"),
    [
        pytest.param(Marking((1,), (2,), margin=1 / 3), Outcome.FOUND, 2, id="confirmed"),
        pytest.param(Marking(None, (2,), (1,), margin=1 / 3), Outcome.FOUND, 3, id="found later"),
        pytest.param(Marking(None, ()), Outcome.NO_MATCH, 2, id="none fits"),
        pytest.param(Marking(None, "no", "no", "no"), Outcome.CONTRADICTION, 4, id="no answer"),
        pytest.param(Marking((1,), (), (2,), None), Outcome.CONTRADICTION, 4, id="all differ"),
        pytest.param(Marking((1,), None, None, None), Outcome.FOUND, 4, id="never confirmed"),
    ],
)
def test_all_readings_come_again(readings: Marking, outcome: Outcome, times: int) -> None:
    recorded = refer(ScriptedDetector(MUGS), readings)
    assert recorded.decision.outcome is outcome
    assert len(recorded.readings) == times
    again = refer(*models(logged(recorded)))
    assert again.decision == recorded.decision
    assert (again.reasoning, again.tokens) == (recorded.reasoning, recorded.tokens)
    assert [r.completion.text for r in again.readings] == [
        r.completion.text for r in recorded.readings
    ]
    assert again.counted == recorded.counted


@pytest.mark.parametrize(
    ("said", "outcome"), [((1,), Outcome.FOUND), (None, Outcome.CONTRADICTION)]
)
def test_what_was_read_once_stands(said: tuple[int, ...] | None, outcome: Outcome) -> None:
    recorded = Referrer(ScriptedDetector(MUGS), Marking(said), Checks(max_readings=1)).refer(
        IMAGE, RED, Observer(), CancelToken()
    )
    again = refer(*models(logged(recorded)))
    assert again.decision == recorded.decision
    assert again.decision.outcome is outcome


def test_two_commands_about_one_image_come_again_though_one_counts_in_the_reverse_order() -> None:
    twice = refer(ScriptedDetector(MUGS), Marking(None, (1,), (2,)))
    once = refer(ScriptedDetector(MUGS), Marking((1,), (2,)), BLUE)
    assert [c.box for c in twice.decision.candidates] == [MUGS[1].box, MUGS[0].box]
    for order in ((twice, once), (once, twice)):
        detector, recorded = models(*map(logged, order))
        assert refer(detector, recorded, RED).decision == twice.decision
        assert refer(detector, recorded, BLUE).decision == once.decision


def test_other_checks_decide_anew() -> None:
    recorded = models(logged(decided(margin=2.5)))
    assert refer(*recorded).decision.outcome is Outcome.FOUND
    assert refer(*recorded, min_confidence=3.0).decision.outcome is Outcome.LOW_CONFIDENCE


@pytest.mark.parametrize(
    ("decision", "error", "reason"),
    [
        pytest.param(
            logged(decided(command=BLUE)), PromptChangedError,
            "the expression was 'blue mug', and is 'red mug'", id="expression",
        ),
        pytest.param(
            logged(decided(command=CUP)), PromptChangedError,
            "the category was 'cup', and is 'mug'", id="category",
        ),
        pytest.param(
            logged(decided(), bounds=SMALL), PromptChangedError,
            "the model saw 56 x 28 pixels, and sees 140 x 112", id="pixel bounds",
        ),
        pytest.param(
            logged(decided(), words="Find it."), PromptChangedError, "another version worded it",
            id="wording",
        ),
        pytest.param(
            logged(decided(), Outcome.PREEMPTED), EndedEarlyError, "PREEMPTED", id="preempted"
        ),
        pytest.param(
            logged(decided(), Outcome.CANCELED), EndedEarlyError, "CANCELED", id="canceled"
        ),
        pytest.param(
            logged(refer(ScriptedDetector(MUGS), ScriptedReasoner(error=MemoryError()))),
            EndedEarlyError, "MODEL_ERROR", id="failed reasoning",
        ),
        pytest.param(
            logged(refer(ScriptedDetector((), MemoryError()), ScriptedReasoner())),
            EndedEarlyError, "MODEL_ERROR", id="failed detection",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said_in_a_sentence(
    decision: LoggedDecision, error: type[NotRecordedError], reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    detector, reasoner = models(decision)
    referral = refer(detector, reasoner)
    assert referral.decision.outcome is Outcome.MODEL_ERROR
    assert reason in referral.decision.status_text
    assert not caplog.records
    with pytest.raises(error):
        reasoner.reason(IMAGE, prompt_of(RED, detector.detect(IMAGE, "mug")), print, CancelToken())


@pytest.mark.parametrize(
    "image",
    [IMAGE[::-1], IMAGE.reshape(SIZE.width, SIZE.height, 3)],
    ids=["other pixels", "the same bytes in another shape"],
)
def test_an_image_is_its_bytes_and_its_size(image: RgbImage) -> None:
    detector, reasoner = models(logged(decided()))
    with pytest.raises(UnknownImageError, match="No decision was recorded for this image"):
        detector.detect(image, "mug")
    with pytest.raises(UnknownImageError):
        reasoner.reason(image, prompt_of(RED), print, CancelToken())


def test_the_nearest_prompt_says_what_changed() -> None:
    green = replace(RED, expression="small green mug on the left")
    reasoner = models(logged(decided(command=green)), logged(decided(command=BLUE)))[1]
    asked = replace(RED, expression="small green mug on the right")
    with pytest.raises(PromptChangedError, match="was 'small green mug on the left'"):
        reasoner.reason(IMAGE, prompt_of(asked), print, CancelToken())
    with pytest.raises(PromptChangedError, match="the 2 candidates are others"):
        reasoner.reason(IMAGE, prompt_of(BLUE, MUGS[:1]), print, CancelToken())


FIRST, SECOND = decided(text(1), margin=5.0), decided(text(2), margin=2.0)


@pytest.mark.parametrize(
    ("decisions", "counts"),
    [
        pytest.param([logged(FIRST), logged(SECOND)], SECOND, id="the last"),
        pytest.param([logged(FIRST), logged(SECOND, answers="ab-0")], FIRST, id="its own first"),
        pytest.param([logged(FIRST, answers="ab-0"), logged(SECOND)], SECOND, id="its own last"),
        pytest.param(
            [logged(FIRST), logged(SECOND, Outcome.PREEMPTED)], FIRST, id="an answer before none"
        ),
        pytest.param(
            [logged(FIRST), logged(SECOND, words="Find it.")], FIRST, id="today's wording"
        ),
        pytest.param(
            [logged(FIRST), logged(replace(SECOND, reasoning="", tokens=0), answers="ab-0")],
            FIRST, id="settled without the models",
        ),
    ],
)  # fmt: skip
def test_of_several_records_of_a_prompt_one_counts(
    decisions: list[LoggedDecision], counts: Referral
) -> None:
    again = refer(*models(*decisions))
    assert again.decision == counts.decision
    assert again.reasoning == counts.reasoning


def test_candidates_that_were_given_are_not_the_detectors() -> None:
    given = ExternalDetector([Box(0, 0, 40, 40)], SIZE)
    recorded = models(logged(decided()), logged(refer(given, saying(""), BLUE)))
    assert recorded[0].detect(IMAGE, "mug") == list(MUGS)
    assert refer(given, recorded[1], BLUE).decision.outcome is Outcome.UNPARSABLE


def write_log(folder: Path, *firsts: str) -> Path:
    """Write a segment without decisions for each first line."""
    for number, first in enumerate(firsts, 1):
        segment_path(folder, number).mkdir(parents=True)
        (segment_path(folder, number) / DECISIONS_FILE).write_text(f"{first}\n", encoding="utf-8")
    return folder


def session(bounds: PixelBounds) -> str:
    return LogSession(NOON, {"profile": asdict(bounds)}).to_json()


def test_the_profile_has_the_bounds_of_the_last_session(tmp_path: Path) -> None:
    log = write_log(tmp_path, session(BOUNDS), session(SMALL), "cut off")
    profile = load_profile("recorded", recording=str(log))
    assert profile.bounds == SMALL
    detector, reasoner = load_models(profile)
    assert reasoner.bounds == SMALL
    warm_up(detector, reasoner)
    assert device_name(profile, "cuda:7") == "none"


@pytest.mark.parametrize(
    ("name", "firsts", "reason"),
    [
        pytest.param("recorded", None, "needs a recording", id="no recording"),
        pytest.param("demo", [session(BOUNDS)], "and no other, needs", id="another model"),
        pytest.param("recorded", [], "holds no decision log", id="no log"),
        pytest.param("recorded", ["cut off"], "holds no decision log", id="no first line"),
        pytest.param(
            "recorded", [LogSession(NOON, {"model": "demo"}).to_json()], "have no pixel bounds",
            id="no bounds",
        ),
    ],
)  # fmt: skip
def test_a_recording_that_cannot_be_used_is_refused(
    tmp_path: Path, name: str, firsts: list[str] | None, reason: str
) -> None:
    recording = None if firsts is None else str(write_log(tmp_path, *firsts))
    with pytest.raises(RecordingError, match=reason):
        load_profile(name, recording=recording)


def test_a_recording_takes_no_other_bounds(tmp_path: Path) -> None:
    recording = str(write_log(tmp_path, session(BOUNDS)))
    with pytest.raises(RecordingError, match="its own pixel bounds"):
        load_profile("recorded", recording=recording, max_pixels=78400)


def test_lines_that_cannot_be_used_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = write_log(tmp_path, f"{session(BOUNDS)}\nno record")
    with caplog.at_level(logging.WARNING):
        load_models(load_profile("recorded", recording=str(log)))
    assert "line 2 is left out" in caplog.text
