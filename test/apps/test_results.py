"""A result is judged by status and boxes, and written as one line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rex_thinker_ros.msg import Candidate as CandidateMessage
from rex_thinker_ros.msg import Referral
from sensor_msgs.msg import RegionOfInterest

from rex_thinker_ros.apps.commander import Reply
from rex_thinker_ros.apps.families import family
from rex_thinker_ros.apps.results import NO_RESULT, Result, make_result
from rex_thinker_ros.apps.script import Cue
from rex_thinker_ros.apps.summary import summarize
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Verdict
from rex_thinker_ros.referring.outcome import Outcome

A, B = Box(10, 10, 50, 50), Box(100, 10, 140, 50)
NEAR_A = Box(12, 11, 52, 51)


def region(box: Box) -> RegionOfInterest:
    return RegionOfInterest(
        x_offset=int(box.x0), y_offset=int(box.y0), width=int(box.width), height=int(box.height)
    )


def reply(status: int, boxes: tuple[Box, ...]) -> Reply:
    referral = Referral(id="x-1", status=status, boxes=[region(box) for box in boxes])
    return Reply(referral, seconds=1.25, picture=None)


def cue(status: str, objects: int) -> Cue:
    return Cue(0, 9, "hand me that", status, tuple(range(objects)))


@pytest.mark.parametrize(
    ("expectation", "visible", "given", "correct"),
    [
        pytest.param(cue("FOUND", 1), (A,), reply(Referral.FOUND, (NEAR_A,)), True, id="found"),
        pytest.param(cue("FOUND", 1), (A,), reply(Referral.FOUND, (B,)), False, id="wrong box"),
        pytest.param(cue("FOUND", 1), (A,), reply(Referral.NO_MATCH, ()), False, id="missed"),
        pytest.param(cue("FOUND", 2), (A,), reply(Referral.FOUND, (A,)), False, id="out of view"),
        pytest.param(cue("NO_MATCH", 0), (), reply(Referral.NO_MATCH, ()), True, id="abstained"),
        pytest.param(cue("NO_MATCH", 0), (), reply(Referral.FOUND, (A,)), False, id="invented"),
        pytest.param(
            cue("AMBIGUOUS", 2), (A, B), reply(Referral.AMBIGUOUS, ()), True, id="several"
        ),
        pytest.param(cue("FOUND", 1), (A,), None, False, id="no result"),
    ],
)
def test_a_result_is_judged(
    expectation: Cue, visible: tuple[Box, ...], given: Reply | None, correct: bool
) -> None:
    assert make_result(1, expectation, given, visible).correct is correct


def test_a_result_holds_what_the_referral_says() -> None:
    referral = Referral(
        id="x-3",
        command="hand me that mug",
        expression="that mug",
        category="mug",
        status=Referral.FOUND,
        status_text="Found it.",
        boxes=[region(A)],
        reasoning="<think>",
        candidates=[
            CandidateMessage(
                number=2, box=region(A), score=0.5, verdict=CandidateMessage.UNSURE, note="hm"
            )
        ],
    )
    referral.detection_duration.nanosec = 300_000_000
    referral.reasoning_duration.sec = 1
    picture = np.zeros((4, 4, 3), np.uint8)
    result = make_result(5, cue("FOUND", 1), Reply(referral, 1.5, picture), [A])
    (candidate,) = result.candidates
    assert (candidate.number, candidate.box, candidate.verdict) == (2, A, Verdict.UNSURE)
    assert result.picture is picture
    assert json.loads(json.dumps(result.record())) == {
        "id": "x-3",
        "command": "hand me that",
        "expression": "that mug",
        "category": "mug",
        "status": "FOUND",
        "boxes": [[10, 10, 50, 50]],
        "expected_status": "FOUND",
        "expected_boxes": [[10, 10, 50, 50]],
        "correct": True,
        "seconds": 1.5,
        "detection_seconds": 0.3,
        "reasoning_seconds": 1.0,
    }


def test_a_command_without_a_result_keeps_its_line() -> None:
    record = make_result(1, cue("FOUND", 1), None, [A]).record()
    assert record["status"] == NO_RESULT
    assert record["seconds"] is None
    assert record["expected_boxes"] == [(10, 10, 50, 50)]


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("found", "FOUND"),
        (
            "abstained",
            "NO_CANDIDATES NO_MATCH AMBIGUOUS CONTRADICTION UNPARSABLE TRUNCATED LOW_CONFIDENCE",
        ),
        ("refused", "INVALID_COMMAND NO_IMAGE STALE_IMAGE BUSY"),
        ("failed", "PREEMPTED CANCELED TIMEOUT MODEL_ERROR NO_RESULT"),
    ],
)
def test_every_status_is_of_one_kind(kind: str, statuses: str) -> None:
    every = [outcome.name for outcome in Outcome] + [NO_RESULT]
    assert [status for status in every if family(status) == kind] == statuses.split()


def test_results_are_summarized() -> None:
    def result(status: str, seconds: float | None, correct: bool) -> Result:
        return Result(1, "it", "FOUND", (), correct, status=status, seconds=seconds)

    figures = [
        ("NO_MATCH", 1.0, False),
        ("FOUND", 2.0, True),
        ("FOUND", 9.0, True),
        (NO_RESULT, None, False),
    ]
    summary = summarize([result(*figure).entry() for figure in figures])
    assert (summary.commands, summary.answered, summary.correct) == (4, 3, 2)
    assert summary.median_seconds == 2.0
    assert summary.by_status[0] == ("FOUND", 2)


def test_nothing_is_summarized_as_nothing() -> None:
    assert summarize([]).median_seconds is None
