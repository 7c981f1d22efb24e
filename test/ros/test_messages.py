"""Results as messages: nothing to act on unless something was found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from rex_thinker_ros.msg import Candidate as CandidateMessage
from rex_thinker_ros.msg import Referral as ReferralMessage
from std_msgs.msg import Header

from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import Request
from rex_thinker_ros.answering.result import Looked, Result
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.pick_point import PickPoint
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.ros.messages import (
    duration,
    image_message,
    point_messages,
    referral_message,
    region,
)

HEADER = Header(stamp=Time(sec=7, nanosec=8), frame_id="camera")
COMMAND = Command("take the mugs", "mugs", "mug", wants_all=True)
CANDIDATES = (
    Candidate(1, Box(1.2, 2.7, 10.1, 20.9), 0.9, Verdict.MATCH, "red"),
    Candidate(2, Box(30, 5, 40, 25), 0.5, Verdict.NO_MATCH, "blue"),
    Candidate(3, Box(50, 5, 60, 25), 0.7, Verdict.MATCH),
)


POINT = PickPoint(x=-0.1, y=0.2, z=0.7, spread=(0.01, 0.02, 0.03), depth_share=0.5)


def result(outcome: Outcome) -> Result:
    boxes = (CANDIDATES[0].box, CANDIDATES[2].box)
    decision = Decision(outcome, "as decided", boxes, CANDIDATES, confidence=0.7)
    referral = Referral(COMMAND, decision, "<think>", 0.25, 1.5, "models")
    looked = Looked(np.zeros((48, 64, 3), np.uint8), HEADER, 0.1, 7_000_000_008, 0.01)
    request = Request("id-1", Query("take the mugs", asked_nanoseconds=0, camera="left"))
    points = ((3, POINT),) if outcome is Outcome.FOUND else ()
    return Result(request, outcome, "ended", COMMAND, looked, referral, points)


def test_a_found_referral_carries_everything() -> None:
    message = referral_message(result(Outcome.FOUND), "demo")
    assert message.header == HEADER
    assert (message.id, message.command, message.model) == ("id-1", "take the mugs", "demo")
    assert message.camera == "left"
    assert (message.expression, message.category) == ("mugs", "mug")
    assert (message.status, message.status_text) == (ReferralMessage.FOUND, "ended")
    box = message.boxes[0]
    assert (box.x_offset, box.y_offset, box.width, box.height) == (1, 2, 10, 19)
    assert len(message.boxes) == 2
    assert [c.number for c in message.candidates] == [1, 2, 3]
    assert message.candidates[1].verdict == CandidateMessage.NO_MATCH
    assert message.candidates[0].note == "red"
    (point,) = message.pick_points
    assert (point.candidate, point.point.z, point.spread.x) == (3, 0.7, 0.01)
    (stamped,) = point_messages(result(Outcome.FOUND))
    assert (stamped.header, stamped.point) == (HEADER, point.point)
    assert message.confidence == pytest.approx(0.7)
    assert message.detection_duration.nanosec == 250_000_000
    assert (message.reasoning_duration.sec, message.reasoning) == (1, "<think>")


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.FOUND])
def test_no_other_outcome_carries_boxes(outcome: Outcome) -> None:
    message = referral_message(result(outcome), "demo")
    assert message.status == outcome.value
    assert not message.boxes


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_constants_of_the_message_are_those_of_the_core(outcome: Outcome) -> None:
    assert getattr(ReferralMessage, outcome.name) == outcome.value


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_verdicts_of_the_message_are_those_of_the_core(verdict: Verdict) -> None:
    assert getattr(CandidateMessage, verdict.name) == verdict.value


def test_a_refusal_carries_what_is_known() -> None:
    refused = Result(
        Request("id-2", Query("jump", asked_nanoseconds=0)),
        Outcome.INVALID_COMMAND,
        "Name an object.",
    )
    message = referral_message(refused, "demo")
    assert (message.command, message.status) == ("jump", ReferralMessage.INVALID_COMMAND)
    assert message.header == Header()


edges = st.floats(-5, 5000)


@given(edges, edges, edges, edges)
def test_a_region_covers_the_visible_part_of_its_box(
    x0: float, y0: float, x1: float, y1: float
) -> None:
    box = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    roi = region(box)
    assert roi.x_offset <= max(0, box.x0)
    assert roi.y_offset <= max(0, box.y0)
    assert roi.x_offset + roi.width >= max(0, box.x1)
    assert roi.width <= math.ceil(box.width) + 1
    assert roi.height <= math.ceil(box.height) + 1


@given(st.floats(-1e6, 1e6))
def test_a_duration_keeps_its_seconds(seconds: float) -> None:
    message = duration(seconds)
    assert 0 <= message.nanosec < 1_000_000_000
    assert message.sec + message.nanosec / 1e9 == pytest.approx(seconds, abs=1e-6)


def test_an_image_message_holds_the_pixels_row_by_row() -> None:
    pixels = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
    message = image_message(pixels, HEADER)
    assert (message.height, message.width, message.step) == (2, 4, 12)
    assert bytes(message.data) == pixels.tobytes()
