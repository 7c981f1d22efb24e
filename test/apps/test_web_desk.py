"""Requests of the page: one at a time, stopped, refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scripted_models import Marking, ScriptedDetector, ScriptedReasoner, marked
from table import FILE, MUGS

from rex_thinker_ros.answering.answering import Models
from rex_thinker_ros.apps.image_files import read_image
from rex_thinker_ros.apps.page.desk import Desk
from rex_thinker_ros.apps.page.inquiry import Inquiry, Thresholds
from rex_thinker_ros.apps.page.turns import CrowdedError, Turns
from rex_thinker_ros.apps.page.view import View
from rex_thinker_ros.apps.page.watching import refer
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate, in_reverse
from rex_thinker_ros.referring.command import CommandParser
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import Prompt
from rex_thinker_ros.referring.reasoner import Completion, StopReason
from rex_thinker_ros.referring.referrer import Referrer

MUG = Candidate(1, MUGS["orange"], 0.9)
INQUIRY = Inquiry(FILE, "the orange mug", "", Thresholds(0.25, 0.25))


class StepwiseReasoner:
    """Say a word whenever a test lets it, until it is stopped."""

    name = "brain"
    bounds = ScriptedReasoner.bounds

    def __init__(self) -> None:
        self.go_on = threading.Semaphore(0)
        self.words = 0

    def reason(
        self, image: RgbImage, prompt: Prompt, on_text: Callable[[str], None], cancel: CancelToken
    ) -> Completion:
        while not cancel.canceled:
            self.go_on.acquire(timeout=10)
            self.words += 1
            on_text("word ")
        return Completion("word " * self.words, StopReason.CANCELED, self.words)


@pytest.fixture(scope="module")
def parser() -> CommandParser:
    return CommandParser()


@pytest.fixture
def reasoner() -> StepwiseReasoner:
    return StepwiseReasoner()


@pytest.fixture
def desk(parser: CommandParser, reasoner: StepwiseReasoner) -> Desk:
    return Desk(Models(parser, ScriptedDetector([MUG]), reasoner))


def until_words(views: Iterator[View]) -> View:
    return next(view for view in views if view.text)


def ending(views: Iterator[View]) -> tuple[Outcome, str]:
    *_, last = views
    assert last.decision
    return last.decision.outcome, last.decision.status_text


def test_the_model_stops_within_a_word(desk: Desk, reasoner: StepwiseReasoner) -> None:
    views = desk.ask("a", INQUIRY)
    reasoner.go_on.release(3)
    view = until_words(views)
    assert view.candidates == (MUG,)
    desk.stop("b")  # somebody else
    desk.stop("a")
    reasoner.go_on.release()
    assert ending(views)[0] is Outcome.CANCELED
    assert reasoner.words <= 4


def test_a_later_reading_that_counts_begins_anew_with_its_own_numbers(
    parser: CommandParser,
) -> None:
    mugs = (MUG, Candidate(2, MUGS["blue"], 0.8))
    reasoner = Marking(None, ())
    views: list[View] = []
    command = parser.parse(INQUIRY.sentence)
    referrer = Referrer(ScriptedDetector(mugs), reasoner)
    refer(referrer, read_image(FILE), command, reasoner.bounds, CancelToken(), views.append)
    told = [(view.candidates, view.text) for view in views if view.candidates and not view.decision]
    first, second = (
        marked(prompt, choice) for prompt, choice in zip(reasoner.prompts, (None, ()), strict=True)
    )
    numbered = [[(c.number, c.box) for c in candidates] for candidates, _ in told]
    assert [text for _, text in told] == ["", first, "", second]
    assert numbered[0] == numbered[1] == [(c.number, c.box) for c in mugs]
    assert numbered[2] == numbered[3] == [(c.number, c.box) for c in in_reverse(mugs)]
    assert ending(iter(views))[0] is Outcome.NO_MATCH


def test_those_who_wait_can_be_stopped_and_get_their_turn(
    desk: Desk, reasoner: StepwiseReasoner
) -> None:
    first, second, third = (desk.ask(visitor, INQUIRY) for visitor in "abc")
    reasoner.go_on.release()
    until_words(first)
    assert next(second).doing == next(third).doing == "Waiting for the requests of others"
    desk.stop("b")
    assert ending(second) == (Outcome.CANCELED, "Stopped before its turn came.")
    desk.stop("a")
    reasoner.go_on.release(2)
    assert ending(first)[0] is Outcome.CANCELED
    assert until_words(third).text == "word "
    desk.close()
    reasoner.go_on.release()
    assert ending(third)[0] is Outcome.CANCELED


def test_a_new_request_of_a_visitor_stops_the_old_one(
    desk: Desk, reasoner: StepwiseReasoner
) -> None:
    old, new = desk.ask("a", INQUIRY), desk.ask("a", INQUIRY)
    reasoner.go_on.release()
    until_words(old)
    next(new)
    reasoner.go_on.release(2)
    assert ending(old)[0] is Outcome.CANCELED
    until_words(new)
    desk.close()
    reasoner.go_on.release()
    assert ending(new)[0] is Outcome.CANCELED


def test_a_view_that_nobody_takes_holds_nobody_up(desk: Desk, reasoner: StepwiseReasoner) -> None:
    left = desk.ask("a", INQUIRY)
    reasoner.go_on.release()
    until_words(left)  # and no further
    desk.stop("a")
    reasoner.go_on.release()
    bad = Inquiry(None, "the mug", "", INQUIRY.thresholds)
    assert ending(desk.ask("b", bad))[0] is Outcome.NO_IMAGE


@pytest.mark.parametrize(
    ("content", "sentence", "outcome", "reason"),
    [
        (b"words", "the mug", Outcome.NO_IMAGE, "seen.png is no image that can be read."),
        (FILE.read_bytes()[:9000], "the mug", Outcome.NO_IMAGE, "seen.png cannot be read: "),
        (FILE.read_bytes(), "go home", Outcome.INVALID_COMMAND, "names no object"),
    ],
    ids=["no image", "half an image", "no object"],
)
def test_what_is_wrong_is_told(
    content: bytes, sentence: str, outcome: Outcome, reason: str, desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "seen.png"
    path.write_bytes(content)
    told = ending(desk.ask("a", Inquiry(path, sentence, "", INQUIRY.thresholds)))
    assert told[0] is outcome
    assert reason in told[1]
    assert str(tmp_path) not in told[1]


def test_a_fault_of_the_models_is_told(parser: CommandParser) -> None:
    blind = ScriptedDetector([], RuntimeError("the lens cap is on"))
    desk = Desk(Models(parser, blind, ScriptedReasoner()))
    outcome, text = ending(desk.ask("a", INQUIRY))
    assert outcome is Outcome.MODEL_ERROR
    assert "the lens cap is on" in text


def test_thresholds_reach_a_detector_that_has_them(parser: CommandParser) -> None:
    asked: list[tuple[float, float]] = []

    class Adjustable(ScriptedDetector):
        def with_thresholds(self, *, box: float, text: float) -> ScriptedDetector:
            asked.append((box, text))
            return ScriptedDetector([])

    assert not Desk(Models(parser, ScriptedDetector([MUG]), ScriptedReasoner())).has_thresholds
    desk = Desk(Models(parser, Adjustable([MUG]), ScriptedReasoner()))
    assert desk.has_thresholds
    inquiry = Inquiry(FILE, "the mug", "", Thresholds(0.4, 0.3))
    assert ending(desk.ask("a", inquiry))[0] is Outcome.NO_CANDIDATES
    assert asked == [(0.4, 0.3)]


def test_only_so_many_wait() -> None:
    turns = Turns(most=2)
    first = turns.join("a")
    turns.join("b")
    with pytest.raises(CrowdedError):
        turns.join("c")
    turns.leave(first)
    assert not turns.is_next(turns.join("c"))
