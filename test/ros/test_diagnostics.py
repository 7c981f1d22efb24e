"""What the diagnostics say about the node."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus

from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import Request
from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.diagnostics import Diagnostics, Health
from rex_thinker_ros.ros.image_health import ImageHealth

LEFT = ImageHealth("/left", 1, "best_effort", "", frames=9, silence_seconds=0.1, name="left")
RIGHT = replace(LEFT, topic="/right", name="right")
INACTIVE = Health("inactive", "demo", "cpu")
ACTIVE = Health("active", "demo", "cpu", (LEFT,))
BOTH = replace(ACTIVE, cameras=(LEFT, RIGHT))
SILENT = replace(LEFT, silence_seconds=4.0, publishers=0)
DEAF = replace(RIGHT, mismatch="1 is deaf")
NOTE = "2 log entries were dropped."
BUDGETS = {"detect": 0.5, "per_token": 0.0}
OK, WARN, ERROR = b"\x00", b"\x01", b"\x02"
FAULT = "A command ended in a model error, and none was answered since: see the log."
SILENCE = "No image for 4 s from left (/left): nobody publishes it."
SLOW = "The p95 of detect is 630 ms, over budgets.detect of 500 ms."


def ended(outcome: Outcome) -> Result:
    """Return the result of a command that ended before any image was looked at."""
    return Result(Request("1", Query("the mug", asked_nanoseconds=0)), outcome, "")


def status_of(
    health: Health, outcomes: list[Outcome], detect_seconds: float = 0.0
) -> DiagnosticStatus:
    """Return the status after some outcomes and detections."""
    diagnostics = Diagnostics("/refer")
    for outcome in outcomes:
        diagnostics.record(ended(outcome))
    for _ in range(5):
        diagnostics.times.add("detect", detect_seconds)
        diagnostics.times.add("per_token", 9.0)
    (status,) = diagnostics.message(health, Time(sec=1), 3.0, BUDGETS).status
    return status


@pytest.mark.parametrize(
    ("health", "level", "text"),
    [
        pytest.param(INACTIVE, OK, "The node is inactive.", id="inactive"),
        pytest.param(ACTIVE, OK, "Images arrive, commands are accepted.", id="well"),
        pytest.param(
            replace(ACTIVE, cameras=(LEFT, replace(RIGHT, frames=0))),
            OK,
            "Waiting for the first image of right (/right).",
            id="new",
        ),
        pytest.param(replace(ACTIVE, cameras=(SILENT, RIGHT)), WARN, SILENCE, id="one is silent"),
        pytest.param(
            replace(ACTIVE, cameras=(SILENT, replace(SILENT, topic="/right", name="right"))),
            WARN,
            f"{SILENCE} No image for 4 s from right (/right): nobody publishes it.",
            id="both are silent",
        ),
        pytest.param(replace(ACTIVE, cameras=(LEFT, DEAF)), WARN, "1 is deaf.", id="mismatch"),
        pytest.param(replace(INACTIVE, notes=(NOTE,)), WARN, NOTE, id="note"),
    ],
)
def test_the_level_fits_the_state(health: Health, level: bytes, text: str) -> None:
    status = status_of(health, [Outcome.FOUND])
    assert (status.level, status.message) == (level, text)


@pytest.mark.parametrize(
    ("outcomes", "level"),
    [
        pytest.param([Outcome.MODEL_ERROR], ERROR, id="fault"),
        pytest.param([Outcome.MODEL_ERROR, Outcome.FOUND], OK, id="found since"),
        pytest.param([Outcome.MODEL_ERROR, Outcome.NO_MATCH], OK, id="abstained since"),
        pytest.param([Outcome.MODEL_ERROR, Outcome.BUSY], ERROR, id="a refusal shows nothing"),
        pytest.param([Outcome.MODEL_ERROR, Outcome.CANCELED], ERROR, id="nor does a cancel"),
        pytest.param([Outcome.MODEL_ERROR, Outcome.TIMEOUT], ERROR, id="nor running out of time"),
        pytest.param([Outcome.FOUND, Outcome.MODEL_ERROR], ERROR, id="fault after a good one"),
        pytest.param([Outcome.TIMEOUT, Outcome.STALE_IMAGE], OK, id="no fault at all"),
    ],
)
def test_a_fault_is_an_error_until_the_models_work(outcomes: list[Outcome], level: bytes) -> None:
    assert status_of(ACTIVE, outcomes).level == level


def test_the_text_tells_all_that_is_wrong_the_gravest_first() -> None:
    health = replace(BOTH, cameras=(SILENT, DEAF), notes=(NOTE,))
    status = status_of(health, [Outcome.MODEL_ERROR], detect_seconds=0.63)
    assert status.level == ERROR
    assert status.message == f"{FAULT} {SILENCE} 1 is deaf. {SLOW} {NOTE}"


@pytest.mark.parametrize(
    ("seconds", "level", "text"),
    [
        pytest.param(0.5, OK, "Images arrive, commands are accepted.", id="just within"),
        pytest.param(0.63, WARN, SLOW, id="over"),
    ],
)
def test_a_stage_over_its_budget_is_named(seconds: float, level: bytes, text: str) -> None:
    status = status_of(ACTIVE, [], detect_seconds=seconds)
    assert (status.level, status.message) == (level, text)


def test_the_values_read_at_a_glance() -> None:
    diagnostics = Diagnostics("/refer")
    for outcome in (Outcome.NO_MATCH, Outcome.FOUND, Outcome.NO_MATCH):
        diagnostics.record(ended(outcome))
    for seconds in (0.041, 0.063):
        diagnostics.times.add("detect", seconds)
        diagnostics.times.add("first_token", seconds * 20)
    message = diagnostics.message(replace(ACTIVE, device="cuda:0"), Time(sec=5), 3.0, BUDGETS)
    (status,) = message.status
    values = {value.key: value.value for value in status.values}
    assert len(values) == len(status.values), "a key comes twice"
    memory = values.pop("process memory / peak")
    values.pop("gpu allocated / reserved / peak", None)  # where another test has used a GPU
    assert values == {
        "model": "demo",
        "device": "cuda:0",
        "state": "active",
        "last outcome": "NO_MATCH",
        "outcomes FOUND": "1",
        "outcomes NO_MATCH": "2",
        "image camera": "left",
        "image topic": "/left",
        "image publishers": "1",
        "image reliability": "best_effort",
        "image frames": "9",
        "image rate": "unknown",
        "image age": "unknown",
        "image silence": "100 ms",
        "detect p50 / p95": "41 / 63 ms",
        "first token p50 / p95": "0.82 / 1.3 s",
    }
    assert memory.endswith(" MB")
    assert message.header.stamp.sec == 5
    assert (status.name, status.hardware_id) == ("/refer", "demo")


def test_the_rate_counts_from_message_to_message() -> None:
    diagnostics = Diagnostics("/refer")
    diagnostics.message(ACTIVE, Time(), 3.0, {})
    later = replace(ACTIVE, cameras=(replace(LEFT, frames=12),))
    (status,) = diagnostics.message(later, Time(), 3.0, {}).status
    (rate,) = (value.value for value in status.values if value.key == "image rate")
    assert float(rate.removesuffix(" Hz")) > 0
