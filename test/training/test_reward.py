"""What completions are worth, part by part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabletops import IMAGE, random_objects

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.prompt import smart_resize
from rex_thinker_ros.training.examples import BOUNDS, draw_question, question_prompt
from rex_thinker_ros.training.reward import Reward, Truth, Weights, reward
from rex_thinker_ros.training.traces import write_trace

HINTS = ((10, 20, 50, 60), (100, 20, 140, 60), (200, 20, 240, 60))
RESIZED = Size(448, 336)
ONE, TWO, THREE = ([*hint] for hint in HINTS)
PLAN = "- Step 1: Look at each candidate.\n# Step 1: Look at each candidate.\n"
RIGHT = Reward(1, 1, 1, 1)


def completion(marks: str, boxes: Sequence[Sequence[float]], *, plan: str = PLAN) -> str:
    """Write a completion; `marks` has a sign for each candidate: + match, - not, ? unsure."""
    signs = {"+": "✅", "-": "❌", "?": "⚠️"}
    summary = "".join(f"- Mug {n}: so → {signs[mark]}\n" for n, mark in enumerate(marks, 1))
    items = ", ".join(f'{{"bbox_2d": {list(box)}, "label": "mug"}}' for box in boxes)
    return (
        f"<think>{plan}# Summarize and Re-Check answer\n{summary}</think>"
        f"<answer>json\n[{items}]\n</answer>"
    )


@pytest.mark.parametrize(
    ("text", "targets", "expected"),
    [
        pytest.param(completion("-+-", [TWO]), (1,), RIGHT, id="right"),
        pytest.param(completion("+-+", [THREE, ONE]), (0, 2), RIGHT, id="right, other order"),
        pytest.param(completion("---", []), (), RIGHT, id="rightly nothing"),
        pytest.param(
            completion("+--", [ONE]), (1,), Reward(1, 0, 1, 0), id="wrong, and its marks confirm it"
        ),
        pytest.param(
            completion("-+-", [ONE]), (1,), Reward(1, 0, 0, 0), id="wrong, and its marks deny it"
        ),
        pytest.param(
            completion("+--", [TWO]), (1,), Reward(1, 1, 0, 1), id="right, but its marks deny it"
        ),
        pytest.param(
            completion("-+-", [[100, 20, 140, 61]]), (1,), Reward(1, 0, 0, 0), id="a pixel off"
        ),
        pytest.param(
            completion("+--", [ONE]), (0, 2), Reward(1, 2 / 3, 1, 0), id="one of two"
        ),
        pytest.param(
            completion("++-", [ONE, TWO]), (0,), Reward(1, 2 / 3, 1, 0), id="one too many"
        ),
        pytest.param(
            completion("+--", [ONE, ONE]), (0,), Reward(1, 2 / 3, 1, 1), id="a box twice"
        ),
        pytest.param(
            completion("+--", [ONE]), (), Reward(1, 0, 1, 0), id="a box where nothing matches"
        ),
        pytest.param(
            completion("---", []), (1,), Reward(1, 0, 1, 0.5), id="nothing where one matches"
        ),
        pytest.param(
            completion("-?-", [TWO]), (1,), Reward(1, 1, 0, 1), id="unsure of what it answers"
        ),
        pytest.param(
            completion("-+", [TWO]), (1,), Reward(0, 1, 1, 1), id="a candidate is not marked"
        ),
        pytest.param(
            completion("-+--", [TWO]), (1,), Reward(0, 1, 1, 1), id="a fourth of three is marked"
        ),
        pytest.param(
            completion("-+-", [TWO], plan=""), (1,), Reward(0, 1, 1, 1), id="no plan"
        ),
        pytest.param(
            completion("", [TWO]), (1,), Reward(0, 1, 0, 1), id="no marks"
        ),
        pytest.param("<think>so", (1,), Reward(), id="no answer"),
        pytest.param("<answer>json\n[{}]</answer>", (1,), Reward(), id="no box in the answer"),
        pytest.param(
            completion("-+-", [TWO])[:-12], (1,), Reward(), id="the answer's list is cut off"
        ),
    ],
)  # fmt: skip
def test_parts(text: str, targets: tuple[int, ...], expected: Reward) -> None:
    assert astuple(reward(text, Truth(HINTS, targets, RESIZED), complete=True)) == pytest.approx(
        astuple(expected)
    )


def test_text_that_goes_on_after_its_answer_has_no_format() -> None:
    text = completion("-+-", [TWO]) + " and"
    assert reward(text, Truth(HINTS, (1,), RESIZED), complete=False) == replace(RIGHT, format=0)


def test_targets_must_be_hints() -> None:
    with pytest.raises(ValueError, match="3"):
        Truth(HINTS, (3,), RESIZED)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(RIGHT, Reward(1, 1, 0, 1), id="right and confirmed, right and denied"),
        pytest.param(Reward(1, 0, 1, 0.5), Reward(1, 0, 1, 0), id="abstain, wrong box"),
        pytest.param(RIGHT, Reward(0, 1, 1, 1), id="whole, not whole"),
    ],
)
def test_order_of_totals(better: Reward, worse: Reward) -> None:
    assert better.total(Weights()) > worse.total(Weights())


def test_marks_that_confirm_a_wrong_answer_earn_nothing() -> None:
    assert Reward(1, 0, 1, 0).total(Weights()) == Reward(1, 0, 0, 0).total(Weights())


def test_weights_are_of_a_mean() -> None:
    assert Reward(1, 0.5, 1, 0).total(Weights(1, 2, 3, 4)) == pytest.approx(0.35)


@pytest.mark.parametrize("weights", [(0, 0, 0, 0), (1, -1, 1, 1)], ids=["all 0", "negative"])
def test_weights_are_checked(weights: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Weights(*weights)


@given(st.integers(0, 10_000))
def test_the_traces_of_supervised_training_are_right(seed: int) -> None:
    question = draw_question(random_objects(seed), IMAGE, np.random.default_rng(seed))
    resized = smart_resize(IMAGE, BOUNDS)
    text = "".join(piece.text for piece in write_trace(question))
    prompt = question_prompt(question, resized)
    truth = Truth(prompt.hint_boxes, question.targets, resized)
    assert reward(text, truth, complete=True) == RIGHT


TEXTS = st.one_of(
    st.text(),
    st.builds(
        completion,
        st.text("+-?", max_size=5),
        st.lists(st.lists(st.integers(0, 448), min_size=3, max_size=5), max_size=4),
    ),
)


@given(TEXTS, st.sets(st.integers(0, 2)), st.booleans())
def test_any_text_is_worth_between_nothing_and_all(
    text: str, targets: set[int], complete: bool
) -> None:
    found = reward(text, Truth(HINTS, tuple(targets), RESIZED), complete=complete)
    assert all(0 <= part <= 1 for part in astuple(found))
    assert -1e-9 <= found.total(Weights()) <= 1 + 1e-9
    assert not math.isnan(found.total(Weights()))
