"""Each command is said once, while what is known about it holds."""

from __future__ import annotations

import pytest

from rex_thinker_ros.apps.script import Cue, Script

EARLY = Cue(at=1.0, until=3.0, command="early", status="FOUND", objects=(1,))
LATE = Cue(at=2.0, until=5.0, command="late", status="NO_MATCH")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(0.5, None, id="before all"),
        pytest.param(1.1, None, id="frames of before may be on their way"),
        pytest.param(1.3, EARLY, id="one is due"),
        pytest.param(2.5, EARLY, id="two are due: the earlier"),
        pytest.param(2.9, LATE, id="the first ends too soon"),
        pytest.param(4.9, None, id="the last ends too soon"),
        pytest.param(9.0, None, id="after all"),
    ],
)
def test_a_cue_is_due_within_its_window(seconds: float, expected: Cue | None) -> None:
    assert Script([LATE, EARLY]).take(seconds) == expected


def test_every_cue_is_said_once_and_a_missed_one_in_a_later_round() -> None:
    script = Script([EARLY, LATE])
    said = [script.take(seconds) for seconds in (4.0, 4.1, 0.0, 2.5, 2.6)]
    assert said == [LATE, None, None, EARLY, None]
    assert len(script) == 0


def test_equal_commands_are_each_said() -> None:
    script = Script([EARLY, EARLY])
    assert [script.take(2.0) for _ in range(3)] == [EARLY, EARLY, None]


@pytest.mark.parametrize(
    ("until", "status", "complaint"),
    [
        pytest.param(1.5, "FOUND", "too short", id="no moment to hit"),
        pytest.param(3.0, "LOST", "no outcome 'LOST'", id="unknown status"),
    ],
)
def test_an_impossible_cue_is_refused(until: float, status: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Cue(at=1.0, until=until, command="that", status=status)
