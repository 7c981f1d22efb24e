"""Answers: what a model may write, and what of it is an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.answer import (
    Answer,
    AnswerError,
    TruncatedAnswerError,
    UnparsableAnswerError,
    is_over,
    parse_answer,
)
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Verdict
from rex_thinker_ros.referring.place import Place

RESIZED = Size(336, 252)

THOUGHT = """OK, the user needs the red mug.
To accomplish this task, I need to break it down into the following steps:
- Step 1: Find all the mugs.
- Step 2: Keep the red ones.
# Step 1: Find all the mugs
I see 3 mugs in this image [1, 2, 3].
- Mug 1 is at [10, 20, 30, 40] ✅
# Step 2: Keep the red ones
- Mug 1: it is blue → ❌
# Summarize and Re-Check answer
Let's now recheck our answer to make sure all steps are consistent:
- Mug 1: it is blue → ❌
- Mug 2: it is red → ✅
- Mug 3: it is half hidden → ⚠️
"""
ONE_BOX = 'json\n[{"bbox_2d": [10, 20, 30, 40], "label": "mug"}]\n'
WHOLE = f"<think>{THOUGHT}</think><answer>{ONE_BOX}</answer>"


def parse(text: str, *, complete: bool = True) -> Answer:
    return parse_answer(text, complete=complete, resized=RESIZED)


def wrapped(body: str) -> str:
    return f"<think>{THOUGHT}</think><answer>{body}</answer>"


def test_a_whole_answer_has_its_plan_judgements_and_boxes() -> None:
    answer = parse(WHOLE)
    assert answer.reasoning.plan == ("Find all the mugs.", "Keep the red ones.")
    assert {number: mark.verdict for number, mark in answer.reasoning.judgements.items()} == {
        1: Verdict.NO_MATCH,
        2: Verdict.MATCH,
        3: Verdict.UNSURE,
    }
    assert answer.reasoning.judgements[2].note == "it is red"
    assert answer.boxes == (Box(10, 20, 30, 40),)


A = Box(10, 20, 30, 40)
ITEM = '{"bbox_2d": [10, 20, 30, 40], "label": "mug"}'


@pytest.mark.parametrize(
    ("body", "boxes"),
    [
        pytest.param(f"json\n[{ITEM}]\n", (A,), id="wire form"),
        pytest.param(f"[{ITEM}]", (A,), id="bare JSON"),
        pytest.param(f"```json\n[{ITEM}]\n```", (A,), id="fenced"),
        pytest.param(f"```\n[{ITEM}]\n```", (A,), id="fenced without a name"),
        pytest.param(f"JSON\n[{ITEM}]\n", (A,), id="wire form in capitals"),
        pytest.param(f"```JSON\n[{ITEM}]\n```", (A,), id="fenced in capitals"),
        pytest.param(f"json\n```\n[{ITEM}]\n```", (A,), id="the name before the fence"),
        pytest.param(f"Json\n```json\n[{ITEM}]\n```", (A,), id="the name twice"),
        pytest.param(
            f"```json\n[{ITEM}]\n```\nThis is the red mug.", (A,), id="text after the fence"
        ),
        pytest.param("```json\n[]\n```\nThere is no red mug.", (), id="text after no box"),
        pytest.param("json\n[]\n", (), id="empty list"),
        pytest.param("None", (), id="the word None"),
        pytest.param("json\nnone.", (), id="none in a sentence"),
        pytest.param(f"[{ITEM}, {ITEM}]", (A, A), id="duplicates are kept"),
        pytest.param('[{"bbox_2d": [10.0, 2e1, 3E+1, 40]}]', (A,), id="numbers of any form"),
        pytest.param(
            '[{"bbox_2d": [-5, 20, 900, 40]}]', (Box(0, 20, 336, 40),), id="beyond the image"
        ),
        pytest.param(
            f'[{{"bbox_2d": [10, 20, {"9" * 400}, 40]}}]',
            (Box(10, 20, 336, 40),),
            id="integer beyond any float",
        ),
        pytest.param(
            '[{"bbox_2d": [10, 20, 1e999, 40]}]', (Box(10, 20, 336, 40),), id="overflowing float"
        ),
    ],
)
def test_boxes(body: str, boxes: tuple[Box, ...]) -> None:
    assert parse(wrapped(body)).boxes == boxes


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("the red mug", id="prose"),
        pytest.param(f"The mug is [{ITEM}]", id="JSON within prose"),
        pytest.param('[{"bbox_2d": [10, 20', id="cut JSON"),
        pytest.param(f"[{ITEM}] [{ITEM}]", id="two lists"),
        pytest.param(f"```[{ITEM}]``` ```[{ITEM}]```", id="two fences"),
        pytest.param(f"```[{ITEM}]```\nor\n```json\n[]\n```", id="two fences with text"),
        pytest.param(f"```[{ITEM}]```\n[{ITEM}]", id="a list after the fence"),
        pytest.param(f"```[{ITEM}]```\n{ITEM}", id="a box after the fence"),
        pytest.param(f"```[{ITEM}]```\nOr none.", id="none after the fence"),
        pytest.param(f"```[{ITEM}]``` ```", id="a third fence"),
        pytest.param(f"The mug is ```[{ITEM}]```", id="text before the fence"),
        pytest.param(f"[{ITEM}]\nThis is the red mug.", id="text without a fence"),
        pytest.param(f"json json [{ITEM}]", id="the name twice in a row"),
        pytest.param(f"```python\n[{ITEM}]\n```", id="another name"),
        pytest.param(ITEM, id="no list"),
        pytest.param("[[10, 20, 30, 40]]", id="bare coordinates"),
        pytest.param('[{"label": "mug"}]', id="no box"),
        pytest.param('[{"bbox_2d": [10, 20, 30]}]', id="three numbers"),
        pytest.param('[{"bbox_2d": [10, 20, 30, 40, 50]}]', id="five numbers"),
        pytest.param('[{"bbox_2d": [10, 20, 30, "40"]}]', id="a number in quotes"),
        pytest.param('[{"bbox_2d": [10, 20, 30, true]}]', id="a truth value"),
        pytest.param('[{"bbox_2d": [10, 20, 30, null]}]', id="null"),
        pytest.param('[{"bbox_2d": [10, 20, 30, NaN]}]', id="not a number"),
        pytest.param('[{"bbox_2d": [10, 20, Infinity, 40]}]', id="infinity"),
        pytest.param('[{"bbox_2d": [30, 20, 10, 40]}]', id="reversed"),
        pytest.param("[" * 100_000, id="nested too deep"),
        pytest.param(f'[{{"bbox_2d": [{"9" * 9000}, 20, 30, 40]}}]', id="endless integer"),
    ],
)
def test_a_body_that_is_no_list_of_boxes_is_unparsable(body: str) -> None:
    with pytest.raises(UnparsableAnswerError):
        parse(wrapped(body))


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        pytest.param(f"<answer>{ONE_BOX}</answer>", (A,), id="no reasoning"),
        pytest.param(f"<think>oh<answer>{ONE_BOX}</answer>", (A,), id="think left open"),
        pytest.param(f"<think>[1, 2, 3, 4, 5]</think><answer>{ONE_BOX}", (A,), id="answer open"),
        pytest.param(
            f"<think>I write <answer>[]</answer></think><answer>{ONE_BOX}</answer>",
            (A,),
            id="an answer within the reasoning",
        ),
        pytest.param(
            f"<think></think><answer>{ONE_BOX}</answer><answer>[{ITEM}]</answer>",
            (A,),
            id="the same answer twice",
        ),
        pytest.param(f"{WHOLE}<|im_end|>\n", (A,), id="text after the end"),
    ],
)
def test_sections(text: str, boxes: tuple[Box, ...]) -> None:
    assert parse(text).boxes == boxes


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(f"<think>{THOUGHT}</think>", id="no answer"),
        pytest.param(f"<think>{THOUGHT}", id="only thought"),
        pytest.param(ONE_BOX, id="no tags"),
        pytest.param(f"{WHOLE}<answer>[]</answer>", id="two answers that differ"),
        pytest.param(
            "<think>Let me write <answer>[]</answer> first.", id="an answer within open reasoning"
        ),
        pytest.param(
            f"<think>So <answer>{ONE_BOX}</answer></think>", id="only within the reasoning"
        ),
    ],
)
def test_a_text_without_one_answer_is_unparsable(text: str) -> None:
    with pytest.raises(UnparsableAnswerError):
        parse(text)


@pytest.mark.parametrize("end", range(0, len(WHOLE) - len("</answer>"), 7))
def test_a_text_that_was_cut_off_is_truncated_wherever_it_ends(end: int) -> None:
    with pytest.raises(TruncatedAnswerError):
        parse(WHOLE[:end], complete=False)


@pytest.mark.parametrize(
    ("text", "over"),
    [
        pytest.param(WHOLE, True, id="whole"),
        pytest.param(WHOLE[:-1], False, id="not closed"),
        pytest.param("look <answer>[]</answer>", True, id="never thought"),
        pytest.param("<think>Let me write <answer>[]</answer>", False, id="still thinking"),
        pytest.param("<think><answer>[]</answer></think>", False, id="only in the thought"),
        pytest.param("<think><answer>[]</answer></think><answer>[]", False, id="the next is open"),
        pytest.param("<think></think><answer>None</answer> more", True, id="text after it"),
    ],
)
def test_an_answer_is_over_where_it_closes_outside_of_the_reasoning(text: str, over: bool) -> None:
    assert is_over(text) is over


@pytest.mark.parametrize(
    "text",
    [
        f"<think>I could write <answer>{ONE_BOX}</answer>",
        "<think>I could write <answer>[]</answer></think>",
        "<think>I could write <answer>[]</answer></think><answer>",
    ],
)
def test_what_was_cut_off_after_an_answer_in_the_reasoning_is_truncated(text: str) -> None:
    with pytest.raises(TruncatedAnswerError):
        parse(text, complete=False)


def test_an_answer_that_closed_within_the_budget_is_whole() -> None:
    assert parse(WHOLE, complete=False) == parse(WHOLE)


@pytest.mark.parametrize(
    ("summary", "verdicts"),
    [
        pytest.param("- Mug 1: red ✅", {1: Verdict.MATCH}, id="no arrow"),
        pytest.param("Mug 1: red → ✅", {1: Verdict.MATCH}, id="no dash"),
        pytest.param("- **Mug 1**: red → ✅", {1: Verdict.MATCH}, id="bold"),
        pytest.param("- 7up can 12: red → ❌", {12: Verdict.NO_MATCH}, id="digits in the name"),
        pytest.param("- Mug 1: red ✅, left ❌ → ❌", {1: Verdict.NO_MATCH}, id="last mark counts"),
        pytest.param("- Mug 1: perhaps ⚠", {1: Verdict.UNSURE}, id="sign without its selector"),
        pytest.param("- Mug 1: red", {}, id="no mark"),
        pytest.param("- Mug: red ✅", {}, id="no number"),
        pytest.param("- Mug 123456789: red ✅", {}, id="number out of any range"),
        pytest.param("- Mug 1: a ✅\n- Mug 1: b ✅", {1: Verdict.MATCH}, id="marked twice, alike"),
        pytest.param("- Mug 1: a ✅\n- Mug 1: b ❌", {1: Verdict.UNSURE}, id="marked both ways"),
    ],
)
def test_summary_lines(summary: str, verdicts: dict[int, Verdict]) -> None:
    text = f"<think># Summarize and Re-Check answer\n{summary}\n</think><answer>[]</answer>"
    judgements = parse(text).reasoning.judgements
    assert {number: mark.verdict for number, mark in judgements.items()} == verdicts


@pytest.mark.parametrize(
    ("evaluation", "described"),
    [
        (
            "# Step 1: Look\n- Mug 1 [1, 2, 3, 4]: red mug → ✅, x = 2\n- Mug 2 [5, 6, 7, 8]: ❌",
            {1},
        ),
        ("# Step 1: Look\n- Mug 1: ✅\n- Mug 2: ✅\n# Step 2: Keep the red ones\n- Mug 1: ❌", {2}),
        ("# Step 1: Look\n- Mug 1: red → ⚠️\n- Mug 2: red", set()),
        ("# Step 1: Look\nboth are red ✅\n- closest: ✅", set()),
        ("- Mug 1: ✅", set()),  # a plan, no evaluation
        ("", set()),
    ],
)
def test_what_the_evaluation_only_marks_as_a_match_fits_the_description(
    evaluation: str, described: set[int]
) -> None:
    text = (
        f"<think>- Step 1: Look.\n{evaluation}\n# Summarize and Re-Check answer\n- Mug 3: ✅\n"
        "</think><answer>[]</answer>"
    )
    assert parse(text).reasoning.described == described


def test_what_is_said_of_a_candidate_is_all_of_its_lines_but_its_box() -> None:
    text = (
        "<think># Step 1: Look\n- Mug 1 [1, 2, 3, 4]: red mug → ✅\n- The can is at [5, 6].\n"
        "# Step 2: Look again\n- Mug 1: left → ❌\n# Summarize and Re-Check answer\n- Mug 1: ✅\n"
        "</think><answer>[]</answer>"
    )
    assert parse(text).reasoning.said == {1: "red mug → ✅ left → ❌"}


def test_places_are_those_of_other_things_than_the_candidates() -> None:
    text = (
        "<think># Step 1: Find\n- The red can is at [12, 34].\n- Mug 1 [1, 2, 3, 4]: red → ✅\n"
        "# Summarize and Re-Check answer\n- Mug 1: as said [5, 6] → ✅\n</think><answer>[]</answer>"
    )
    assert parse(text).reasoning.places == (Place("- the red can is at ", 12, 34),)


def test_marks_outside_of_the_summary_are_no_judgements() -> None:
    text = "<think># Step 1: look\n- Mug 1: red → ✅\n</think><answer>[]</answer>"
    assert parse(text).reasoning.judgements == {}


def test_the_last_summary_counts() -> None:
    heading = "# Summarize and Re-Check answer"
    text = f"<think>{heading}\n- Mug 1: ✅\n{heading}\n- Mug 1: ❌\n</think><answer>[]</answer>"
    assert parse(text).reasoning.judgements[1].verdict is Verdict.NO_MATCH


def test_an_answer_mentioned_in_the_thought_does_not_end_the_summary() -> None:
    summary = "# Summarize and Re-Check answer\n- Mug 1: <answer> it is ✅\n- Mug 2: ❌\n"
    judgements = parse(f"<think>{summary}</think><answer>[]</answer>").reasoning.judgements
    assert sorted(judgements) == [1, 2]


PIECES = st.sampled_from(
    [
        *("<think>", "</think>", "<answer>", "</answer>", "json\n", "```", "[", "]", "{", "}"),
        *("NaN", "1e999", "-0", "9" * 5000, "None", "null", '"bbox_2d":', ",", "\n", "✅", "⚠️"),
        *("# Summarize and Re-Check answer\n", "- Mug 1: x → ✅\n", "- Step 1: a\n", ITEM),
    ]
)


@given(st.lists(PIECES | st.text(max_size=6), max_size=30).map("".join), st.booleans())
def test_any_text_is_an_answer_or_an_answer_error(text: str, complete: bool) -> None:
    _parse_or_answer_error(text, complete)


@given(st.integers(0, len(WHOLE)), st.integers(0, 40), st.text(max_size=5) | PIECES, st.booleans())
def test_any_change_to_an_answer_is_an_answer_or_an_answer_error(
    start: int, length: int, put: str, complete: bool
) -> None:
    _parse_or_answer_error(WHOLE[:start] + put + WHOLE[start + length :], complete)


def _parse_or_answer_error(text: str, complete: bool) -> None:
    try:
        answer = parse(text, complete=complete)
    except AnswerError:
        return
    assert all(box == box.clipped(RESIZED) for box in answer.boxes)
