"""Records of decisions as lines of JSON, and back; malformed lines are refused by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision_record import (
    DecisionRecord,
    LogSession,
    RecordedImage,
    RecordedPoint,
    RecordedReading,
    RecordedReferral,
    RecordError,
    rgb_sha256,
)
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import PixelBounds
from rex_thinker_ros.referring.reasoner import StopReason
from rex_thinker_ros.referring.view import View
from rex_thinker_ros.referring.window import Window

NOON = datetime(2025, 6, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)
RECORD = DecisionRecord(
    time=NOON,
    id="ab-7",
    lost=2,
    camera="left",
    sentence="take the  mug",
    status=Outcome.FOUND,
    status_text="Found ✅",
    command=Command("take the mug", "mug", "mug", wants_all=False),
    image=RecordedImage("frame-ab-7.png", Size(64, 48), "0f", 7, 8, "camera", 0.125, 0.01),
    referral=RecordedReferral(
        candidates=(Candidate(1, Box(0.1, 2.0, 30.0, 40.5), 0.75, Verdict.MATCH, "red"),),
        boxes=(Box(0.1, 2.0, 30.0, 40.5),),
        reasoning="<think>\n",
        tokens=3,
        confidence=None,
        model="a + b",
        detection_seconds=0.5,
        first_token_seconds=0.25,
        reasoning_seconds=1.5,
        decision_seconds=0.0,
        readings=(
            RecordedReading(View(Window(0, 0, 64, 48)), "0f", "<", 2, StopReason.END, 1.5),
            RecordedReading(
                View(Window(-1, 2, 63, 40), True), "1f", "<think>\n", 1, StopReason.END, None
            ),
        ),
        counted=1,
    ),
    pick_points=(RecordedPoint(1, 0.1, -0.2, 0.8, 0.01, 0.02, 0.03, 0.5),),
    answers="ab-6",
)
LINE = (
    '{"time": "2025-06-01T12:00:00.250+00:00", "id": "ab-7", "lost": 2, "camera": "left", '
    '"sentence": "take the  mug", "status": "FOUND", "status_text": "Found ✅", '
    '"command": {"sentence": "take the mug", "expression": "mug", "category": "mug", '
    '"wants_all": false, "count": null}, '
    '"image": {"file": "frame-ab-7.png", "size": {"width": 64, "height": 48}, "sha256": "0f", '
    '"stamp_sec": 7, "stamp_nanosec": 8, "frame_id": "camera", "age_seconds": 0.125, '
    '"convert_seconds": 0.01}, '
    '"referral": {"candidates": [{"number": 1, "box": {"x0": 0.1, "y0": 2.0, "x1": 30.0, '
    '"y1": 40.5}, "score": 0.75, "verdict": "MATCH", "note": "red"}], '
    '"boxes": [{"x0": 0.1, "y0": 2.0, "x1": 30.0, "y1": 40.5}], "reasoning": "<think>\\n", '
    '"tokens": 3, "confidence": null, "model": "a + b", "detection_seconds": 0.5, '
    '"first_token_seconds": 0.25, "reasoning_seconds": 1.5, "decision_seconds": 0.0, '
    '"readings": [{"view": {"window": {"x0": 0, "y0": 0, "x1": 64, "y1": 48}, "backwards": false}, '
    '"sha256": "0f", "reasoning": "<", "tokens": 2, "stop": "END", "confidence": 1.5}, '
    '{"view": {"window": {"x0": -1, "y0": 2, "x1": 63, "y1": 40}, "backwards": true}, '
    '"sha256": "1f", "reasoning": "<think>\\n", "tokens": 1, "stop": "END", '
    '"confidence": null}], "counted": 1}, '
    '"pick_points": [{"candidate": 1, "x": 0.1, "y": -0.2, "z": 0.8, "spread_x": 0.01, '
    '"spread_y": 0.02, "spread_z": 0.03, "depth_share": 0.5}], "answers": "ab-6"}'
)
REFUSAL = DecisionRecord(NOON, "ab-8", 0, "", "jump", Outcome.INVALID_COMMAND, "Name an object.")


def test_schema_1_is_written_and_read_like_this() -> None:
    assert RECORD.to_json() == LINE
    assert DecisionRecord.from_json(LINE) == RECORD


def test_a_line_from_before_there_were_several_readings_is_read() -> None:
    assert RECORD.referral is not None
    values = json.loads(LINE)
    del values["referral"]["readings"], values["referral"]["counted"]
    once = replace(RECORD, referral=replace(RECORD.referral, readings=(), counted=0))
    assert DecisionRecord.from_json(json.dumps(values)) == once


def test_what_a_result_does_not_have_is_null() -> None:
    values = json.loads(REFUSAL.to_json())
    assert (values["command"], values["image"], values["referral"]) == (None, None, None)
    assert DecisionRecord.from_json(REFUSAL.to_json()) == REFUSAL


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 2**63)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    (x0, x1), (y0, y1) = (sorted((draw(NUMBERS), draw(NUMBERS))) for _ in range(2))
    return Box(x0, y0, x1, y1)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    x, y, width, height = (draw(st.integers(1, 9999)) for _ in range(4))
    return Window(-x, y, width, y + height)


@st.composite
def times(draw: st.DrawFn) -> datetime:
    hours = draw(st.integers(-23, 23))
    day = draw(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)))  # noqa: DTZ001 - zoned below
    whole = day.replace(microsecond=day.microsecond // 1000 * 1000)
    return whole.replace(tzinfo=timezone(timedelta(hours=hours)))


RECORDS = st.builds(
    DecisionRecord,
    time=times(),
    id=TEXTS,
    lost=COUNTS,
    camera=TEXTS,
    sentence=TEXTS,
    status=st.sampled_from(Outcome),
    status_text=TEXTS,
    command=st.none() | st.builds(Command, TEXTS, TEXTS, TEXTS, st.booleans(), st.none() | COUNTS),
    image=st.none()
    | st.builds(
        RecordedImage, TEXTS, st.builds(Size, st.integers(1, 9999), st.integers(1, 9999)),
        TEXTS, COUNTS, COUNTS, TEXTS, NUMBERS, NUMBERS,
    ),
    referral=st.none()
    | st.builds(
        RecordedReferral,
        candidates=st.lists(
            st.builds(Candidate, COUNTS, boxes(), NUMBERS, st.sampled_from(Verdict), TEXTS),
            max_size=3,
        ).map(tuple),
        boxes=st.lists(boxes(), max_size=3).map(tuple),
        reasoning=TEXTS,
        tokens=COUNTS,
        confidence=st.none() | NUMBERS,
        model=TEXTS,
        detection_seconds=NUMBERS,
        first_token_seconds=st.none() | NUMBERS,
        reasoning_seconds=NUMBERS,
        decision_seconds=NUMBERS,
        readings=st.lists(
            st.builds(
                RecordedReading, st.builds(View, windows(), st.booleans()), TEXTS, TEXTS, COUNTS,
                st.sampled_from(StopReason), st.none() | NUMBERS,
            ),
            max_size=2,
        ).map(tuple),
        counted=st.just(0),
    ),
)  # fmt: skip


@given(RECORDS)
def test_a_record_comes_back_exactly_and_takes_one_line(record: DecisionRecord) -> None:
    line = record.to_json()
    assert "\n" not in line
    assert DecisionRecord.from_json(line) == record


def test_half_a_surrogate_pair_comes_back() -> None:
    record = replace(REFUSAL, sentence="mug \udcff")
    escaped = record.to_json().encode("utf-8", "backslashreplace").decode()
    assert DecisionRecord.from_json(escaped) == record


def changed(path: str, value: Any) -> str:
    """Return the line with another value, by a path such as image.size.width."""
    values = json.loads(LINE)
    *way, last = path.split(".")
    at = values
    for key in way:
        at = at[int(key) if isinstance(at, list) else key]
    at[last] = value
    return json.dumps(values)


def without(key: str) -> str:
    return json.dumps({k: v for k, v in json.loads(LINE).items() if k != key})


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        pytest.param("", "Expecting value", id="empty"),
        pytest.param(LINE[:200], "no record of a decision", id="cut off"),
        pytest.param(LINE + LINE, "Extra data", id="two in one line"),
        pytest.param("[" * 100_000, "nested too deeply", id="nested"),
        pytest.param('["time"]', "no JSON object", id="a list"),
        pytest.param("{}", "time is missing", id="no fields"),
        pytest.param(without("lost"), "lost is missing", id="one field less"),
        pytest.param(changed("id", 7), "id is 7, not a str", id="a number as text"),
        pytest.param(changed("lost", True), "lost is True, not a int", id="a truth as a count"),
        pytest.param(changed("lost", 1.0), "lost is 1.0, not a int", id="a fraction as a count"),
        pytest.param(changed("time", "noon"), "noon", id="no time"),
        pytest.param(changed("time", "2025-06-01T12:00:00"), "no time zone", id="which noon"),
        pytest.param(changed("status", "SEEN"), "status is SEEN", id="an unknown outcome"),
        pytest.param(changed("image.size", [64, 48]), "image.size", id="a list as a size"),
        pytest.param(changed("image.size.width", 0), "holds nothing", id="an empty image"),
        pytest.param(changed("image.age_seconds", "1"), "image.age_seconds", id="text for seconds"),
        pytest.param(
            LINE.replace("0.125", "1e999"), "image.age_seconds is inf", id="beyond all floats"
        ),
        pytest.param(LINE.replace("0.125", "NaN"), "NaN is no number", id="not a number"),
        pytest.param(
            changed("referral.tokens", None), "referral.tokens is None", id="null where it may not"
        ),
        pytest.param(
            changed("referral.confidence", 10**400), "too large", id="an integer beyond all floats"
        ),
        pytest.param(
            changed("referral.candidates.0.verdict", 1), r"candidates\[0\].verdict", id="a verdict"
        ),
        pytest.param(
            changed("referral.boxes.0.x1", -1), "must be in order", id="a box that is inside out"
        ),
        pytest.param(changed("referral.counted", 2), "that at 2 counts", id="no such reading"),
        pytest.param(
            changed("referral.readings.0.view.window.x1", 0), "holds nothing", id="an empty view"
        ),
    ],
)
def test_malformed_lines_are_refused_with_what_is_wrong(line: str, fault: str) -> None:
    with pytest.raises(RecordError, match=fault):
        DecisionRecord.from_json(line)


PATHS = [
    "time", "id", "status", "command", "command.wants_all", "command.count",
    "image", "image.size",
    "image.size.height", "image.stamp_sec", "referral.candidates", "referral.candidates.0.box",
    "referral.candidates.0.score", "referral.boxes.0.y0", "referral.confidence",
    "pick_points", "pick_points.0.z",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(PATHS), JSON)
def test_any_value_in_any_place_is_refused_or_kept(path: str, value: Any) -> None:
    try:
        record = DecisionRecord.from_json(changed(path, value))
    except RecordError:
        return
    assert DecisionRecord.from_json(record.to_json()) == record


@given(st.text() | JSON.map(json.dumps))
def test_any_text_is_refused_or_read(line: str) -> None:
    for read in (DecisionRecord.from_json, LogSession.from_json):
        refused_or_read(read, line)


def refused_or_read(read: Callable[[str], object], line: str) -> None:
    try:
        read(line)
    except RecordError:
        return
    assert isinstance(json.loads(line), dict)


def test_fields_of_later_versions_are_passed_over() -> None:
    assert DecisionRecord.from_json(changed("gripper", "left")) == RECORD


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_does_not_have_are_not_written(number: float) -> None:
    assert RECORD.referral
    with pytest.raises(ValueError, match="not JSON compliant"):
        replace(RECORD, referral=replace(RECORD.referral, confidence=number)).to_json()


def test_a_session_comes_back() -> None:
    profile = {"name": "demo", "min_pixels": 784, "max_pixels": 7840}
    session = LogSession(NOON, {"profile": profile, "cameras": ["left"]}, "Detect EXPRESSION")
    assert json.loads(session.to_json())["schema"] == 1
    assert LogSession.from_json(session.to_json()) == session
    assert session.bounds == PixelBounds(784, 7840)


@pytest.mark.parametrize(
    "settings",
    [{}, {"profile": None}, {"profile": {"min_pixels": 784}},
     {"profile": {"min_pixels": 784, "max_pixels": 7}},
     {"profile": {"min_pixels": "few", "max_pixels": "many"}}],
    ids=["no profile", "none", "half", "exchanged", "words"],
)  # fmt: skip
def test_a_session_without_pixel_bounds_says_so(settings: dict[str, object]) -> None:
    with pytest.raises(RecordError, match="no pixel bounds"):
        LogSession(NOON, settings).bounds  # noqa: B018


def test_a_session_of_an_earlier_version_has_no_wording() -> None:
    line = '{"schema": 1, "started": "2025-06-01T12:00:00+00:00", "settings": {}}'
    assert LogSession.from_json(line).wording == ""


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "no first line"),
        ('{"schema": 1, "settings": {}}', "no first line"),
        ('{"schema": 2, "started": "2025-06-01T12:00:00+00:00", "settings": {}}', "schema 2"),
        ('{"schema": 1, "started": "2025-06-01T12:00:00+00:00"}', "no settings"),
    ],
    ids=["cut off", "never started", "of another schema", "without settings"],
)
def test_first_lines_that_do_not_fit_are_refused(line: str, fault: str) -> None:
    with pytest.raises(RecordError, match=fault):
        LogSession.from_json(line)


def test_the_hash_is_that_of_the_bytes_row_by_row() -> None:
    image = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
    assert rgb_sha256(image) == hashlib.sha256(bytes(range(24))).hexdigest()
    assert rgb_sha256(image[:, ::2]) == rgb_sha256(image[:, ::2].copy())
