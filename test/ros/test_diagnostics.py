"""What the diagnostics say about the node."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builtin_interfaces.msg import Time

from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.diagnostics import Diagnostics, Health, ImageHealth

IMAGES = ImageHealth("/image", 1, "best_effort", "", frames=9, silence_seconds=0.1)
ACTIVE = Health("active", "demo", IMAGES)
OK, WARN, ERROR = b"\x00", b"\x01", b"\x02"


@pytest.mark.parametrize(
    ("health", "outcomes", "level", "words"),
    [
        (Health("inactive", "demo", None), [], OK, "The node is inactive."),
        (ACTIVE, [], OK, "Images arrive"),
        (replace(ACTIVE, images=replace(IMAGES, frames=0)), [], OK, "Waiting"),
        (replace(ACTIVE, images=replace(IMAGES, silence_seconds=4.0)), [], WARN, "No image for 4"),
        (replace(ACTIVE, images=replace(IMAGES, mismatch="1 is deaf")), [], WARN, "1 is deaf."),
        (ACTIVE, [Outcome.MODEL_ERROR], ERROR, "model error"),
        (ACTIVE, [Outcome.MODEL_ERROR, Outcome.FOUND], OK, "Images arrive"),
    ],
    ids=["inactive", "well", "new", "silent", "mismatch", "model error", "recovered"],
)
def test_the_level_fits_the_state(
    health: Health, outcomes: list[Outcome], level: bytes, words: str
) -> None:
    diagnostics = Diagnostics("/refer")
    for outcome in outcomes:
        diagnostics.record(outcome)
    (status,) = diagnostics.message(health, Time(sec=1), 3.0).status
    assert status.level == level
    assert words in status.message


def test_the_values_count_outcomes_and_frames() -> None:
    diagnostics = Diagnostics("/refer")
    for outcome in (Outcome.NO_MATCH, Outcome.FOUND, Outcome.NO_MATCH):
        diagnostics.record(outcome)
    message = diagnostics.message(ACTIVE, Time(sec=5), 3.0)
    values = {value.key: value.value for value in message.status[0].values}
    assert message.header.stamp.sec == 5
    assert values["last outcome"] == "NO_MATCH"
    assert (values["outcomes FOUND"], values["outcomes NO_MATCH"]) == ("1", "2")
    assert (values["images received"], values["image reliability"]) == ("9", "best_effort")
    assert float(values["images per second"]) > 0
