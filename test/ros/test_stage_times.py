"""What is kept of the times of the stages, and when they are too long."""

from __future__ import annotations

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.ros.stage_times import STAGES, Percentiles, StageTimes, nearest_rank

COMMAND = Command("pick up the red mug", "red mug", "mug", wants_all=False)


def referral(
    outcome: Outcome = Outcome.FOUND,
    *,
    detection: float = 0.25,
    reasoning: float = 2.5,
    first_token: float | None = 0.5,
    tokens: int = 5,
    decision: float = 0.125,
) -> Referral:
    """Make a referral with times in seconds."""
    return Referral(
        COMMAND,
        Decision(outcome, ""),
        reasoning="",
        detection_seconds=detection,
        reasoning_seconds=reasoning,
        model="",
        first_token_seconds=first_token,
        tokens=tokens,
        decision_seconds=decision,
    )


WHOLE = {"convert": 1.0, "detect": 0.25, "first_token": 0.5, "per_token": 0.5, "decide": 0.125}


@pytest.mark.parametrize(
    ("given_referral", "missing"),
    [
        pytest.param(referral(), set(), id="whole"),
        pytest.param(
            referral(tokens=1, reasoning=0.5), {"per_token"}, id="one token has none after it"
        ),
        pytest.param(
            referral(Outcome.CANCELED, tokens=0, first_token=None, decision=0.0),
            {"first_token", "per_token", "decide"},
            id="canceled before the first token",
        ),
        pytest.param(
            referral(Outcome.NO_CANDIDATES, reasoning=0, first_token=None, tokens=0, decision=0),
            {"first_token", "per_token", "decide"},
            id="nothing detected",
        ),
        pytest.param(
            Referral(COMMAND, Decision(Outcome.CANCELED, ""), "", 0.0, 0.0, ""),
            {"detect", "first_token", "per_token", "decide"},
            id="canceled before it began",
        ),
        pytest.param(
            referral(Outcome.MODEL_ERROR),
            {"detect", "first_token", "per_token", "decide"},
            id="a fault tells no time",
        ),
    ],
)
def test_a_referral_files_the_stages_that_it_reached(
    given_referral: Referral, missing: set[str]
) -> None:
    times = StageTimes()
    times.record(1.0, given_referral)
    kept = {stage: value.p50 for stage, value in times.percentiles().items()}
    assert kept == {stage: value for stage, value in WHOLE.items() if stage not in missing}


@pytest.mark.parametrize(
    ("samples", "p50", "p95"),
    [
        pytest.param([7.0], 7.0, 7.0, id="one"),
        pytest.param([2.0, 1.0], 1.0, 2.0, id="two, in any order"),
        pytest.param([float(n) for n in range(1, 20)], 10.0, 19.0, id="19: the largest is p95"),
        pytest.param([float(n) for n in range(20, 0, -1)], 10.0, 19.0, id="20: one may be longer"),
        pytest.param([float(n) for n in range(1, 101)], 50.0, 95.0, id="100"),
    ],
)
def test_percentiles_are_of_the_nearest_rank(samples: list[float], p50: float, p95: float) -> None:
    times = StageTimes()
    for seconds in samples:
        times.add("detect", seconds)
    assert times.percentiles() == {"detect": Percentiles(p50, p95)}


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=300).map(sorted),
    st.integers(1, 100),
)
def test_a_percentile_is_the_least_sample_that_enough_do_not_exceed(
    ordered: list[float], percent: int
) -> None:
    def enough(value: float) -> bool:
        return 100 * sum(sample <= value for sample in ordered) >= percent * len(ordered)

    assert nearest_rank(ordered, percent) == min(filter(enough, ordered))


@pytest.mark.parametrize(
    ("samples", "budget", "over"),
    [
        pytest.param([9.0] * 4, 1.0, False, id="too few to judge"),
        pytest.param([9.0] * 5, 1.0, True, id="enough to judge"),
        pytest.param([1.0] * 5, 1.0, False, id="just within"),
        pytest.param([9.0] * 5, 0.0, False, id="no budget"),
        pytest.param([0.5] * 19 + [9.0], 1.0, False, id="one of 20 may be longer"),
        pytest.param([0.5] * 18 + [9.0] * 2, 1.0, True, id="two of 20 may not"),
    ],
)
def test_the_p95_is_held_against_the_budget(
    samples: list[float], budget: float, over: bool
) -> None:
    times = StageTimes()
    for seconds in samples:
        times.add("decide", seconds)
    found = times.over({"decide": budget})
    assert found == ({"decide": 9.0} if over else {})


def test_only_stages_with_a_budget_are_judged_in_their_order() -> None:
    times = StageTimes()
    for _ in range(5):
        times.record(1.0, referral())
    budgets = {"decide": 0.1, "convert": 0.9, "detect": 0.3}
    assert list(times.over(budgets)) == ["convert", "decide"]
    assert times.over({}) == {}


def test_old_times_make_room_and_can_be_forgotten() -> None:
    times = StageTimes(window=5)
    for seconds in [9.0] * 5 + [1.0] * 5:
        times.add("convert", seconds)
    assert times.percentiles() == {"convert": Percentiles(1.0, 1.0)}
    times.clear()
    assert times.percentiles() == {}


@pytest.mark.parametrize("seconds", [-0.1, math.nan, math.inf])
def test_what_is_no_duration_is_refused(seconds: float) -> None:
    times = StageTimes()
    with pytest.raises(ValueError, match="detect cannot have taken"):
        times.add("detect", seconds)
    assert times.percentiles() == {}


def test_an_unknown_stage_is_refused_with_the_known_ones() -> None:
    times = StageTimes()
    with pytest.raises(ValueError, match=r"called detecting; choose of convert, detect"):
        times.add("detecting", 1.0)
    with pytest.raises(ValueError, match="no stage is called dectect"):
        times.over({"dectect": 1.0})


def test_one_thread_reads_while_others_write() -> None:
    times = StageTimes(window=20_000)

    def write(seconds: float) -> None:
        for _ in range(10_000):
            times.add("detect", seconds)

    writers = [threading.Thread(target=write, args=[seconds]) for seconds in (1.0, 2.0)]
    for thread in writers:
        thread.start()
    while any(thread.is_alive() for thread in writers):
        times.over(dict.fromkeys(STAGES, 1.0))
    # with one sample of 1 s less, the median would be 2 s
    assert times.percentiles()["detect"] == Percentiles(1.0, 2.0)
