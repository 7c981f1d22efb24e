"""Changed model outputs: FOUND keeps its promise. benchmarks/fuzz.py tries many more."""

from __future__ import annotations

from collections import Counter

import pytest
from found_contract import breach
from fuzz_answers import AnswerCase, check_answer, make_answer
from mutations import random_of, shrink

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import Command

SEED, COUNT = 1, 1000


def test_changed_answers_end_in_an_outcome_and_found_is_earned() -> None:
    outcomes: Counter[str] = Counter()
    for number in range(COUNT):
        case = make_answer(random_of(SEED, number))
        try:
            outcomes[check_answer(case)] += 1
        except Exception as error:
            raise AssertionError(f"case {number} of seed {SEED}: {case!a}") from error
    assert outcomes["FOUND"] > 0.1 * COUNT, "hardly any answer survives: this shows nothing"
    assert set(outcomes) == {
        "FOUND", "NO_MATCH", "AMBIGUOUS", "CONTRADICTION", "UNPARSABLE", "TRUNCATED",
    }  # fmt: skip


def test_a_case_depends_on_its_seed_and_number_only() -> None:
    def make() -> list[AnswerCase]:
        return [make_answer(random_of(3, number)) for number in (5, 6)]

    again = make()
    assert again == make()
    assert again[0] != again[1]


def test_a_case_shrinks_to_what_shows_the_fault() -> None:
    assert shrink("there is a needle in the haystack", lambda text: "needle" in text) == "needle"


# three mugs in a row, in an image that the model sees at half its size
IMAGE, RESIZED = Size(640, 480), Size(320, 240)
MUGS = tuple(Candidate(n, Box(100 * n, 20, 100 * n + 60, 80), 0.9) for n in (1, 2, 3))
FIRST, SECOND, THIRD = (mug.box for mug in MUGS)
IN_TEXT = {SECOND: "[100, 10, 130, 40]", THIRD: "[150, 10, 180, 40]"}
SUMMARY = "# Summarize and Re-Check answer\n- Mug 1: ❌\n- Mug 2: ✅\n- Mug 3: ❌\n"


def text_of(summary: str = SUMMARY, boxes: tuple[Box, ...] = (SECOND,)) -> str:
    items = ", ".join(f'{{"bbox_2d": {IN_TEXT[box]}}}' for box in boxes)
    return f"<think>{summary}</think><answer>json\n[{items}]\n</answer>"


def breach_of(text: str, chosen: tuple[Box, ...], expression: str) -> str:
    command = Command("", expression, "mug", False)
    return breach(text, command, MUGS, chosen, IMAGE, RESIZED)


@pytest.mark.parametrize("expression", ["red mug", "second mug from the left", "first red mug"])
def test_a_found_that_is_earned_is_let_through(expression: str) -> None:
    assert breach_of(text_of(), (SECOND,), expression) == ""


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [
        pytest.param((), "no candidate's", id="none"),
        pytest.param((Box(200, 20, 260, 81),), "no candidate's", id="a pixel more"),
        pytest.param((SECOND, SECOND), "twice", id="one twice"),
        pytest.param((SECOND, THIRD), "one was asked for", id="two"),
        pytest.param((THIRD,), "not those marked", id="another"),
    ],
)
def test_boxes_that_no_answer_gives_are_noticed(chosen: tuple[Box, ...], fault: str) -> None:
    assert fault in breach_of(text_of(), chosen, "red mug")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(text_of(SUMMARY.replace("❌", "⚠️", 1)), "unsure", id="one unsure"),
        pytest.param(text_of(SUMMARY + "- Mug 2: ❌\n"), "unsure", id="marked both ways"),
        pytest.param(text_of(SUMMARY.replace("- Mug 3", "- Mug")), "not judged", id="unjudged"),
        pytest.param(text_of(SUMMARY + "- Mug 4: ❌\n"), "not exist", id="one too many"),
        pytest.param(text_of(SUMMARY + SUMMARY.replace("✅", "❌")), "not those", id="the last"),
        pytest.param(text_of(boxes=(THIRD,)), "too little", id="another box"),
        pytest.param(text_of(boxes=(SECOND, THIRD)), "number of boxes", id="a box more"),
    ],
)
def test_answers_that_say_something_else_are_noticed(text: str, fault: str) -> None:
    assert fault in breach_of(text, (SECOND,), "red mug")


@pytest.mark.parametrize(
    "expression", ["leftmost mug", "first mug from the right", "third red mug from the left"]
)
def test_another_place_than_the_one_asked_for_is_noticed(expression: str) -> None:
    assert "another place" in breach_of(text_of(), (SECOND,), expression)
