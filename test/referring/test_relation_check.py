"""Relations that the model's own words contradict are found, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.place import Place, read_place
from rex_thinker_ros.referring.relation_check import (
    Relation,
    named_candidates,
    read_relation,
    relation_fault,
)


@pytest.mark.parametrize(
    ("expression", "relation"),
    [
        ("mug left of the red can", (Relation.LEFT, "red can")),
        ("red mug to the left of the can", (Relation.LEFT, "can")),
        ("mugs to the right of a bowl", (Relation.RIGHT, "bowl")),
        ("mug in front of the coffee machine", (Relation.FRONT, "coffee machine")),
        ("mug behind the Blue Block", (Relation.BEHIND, "blue block")),
        ("mug closest to the t-shirt", (Relation.CLOSEST, "t-shirt")),
        ("mug next to the bowl", (Relation.CLOSEST, "bowl")),
        ("the mug nearest to the ball", (Relation.CLOSEST, "ball")),
        ("mug nearest to the camera", None),
        ("mug closest to me", None),
        ("mug on the left", None),
        ("second mug from the left", None),
        ("mug left of", None),
        ("leftover mug", None),
        ("", None),
    ],
)
def test_relations(expression: str, relation: tuple[Relation, str] | None) -> None:
    assert read_relation(expression) == relation


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("- The red can is at [120, 80].", ("- the red can is at ", 120, 80)),
        ("the can [10,20,30,40] stands there", ("the can ", 20, 40)),
        ("I see 3 mugs [1, 2, 3].", None),
        ("The red can is not there.", None),
        ("[a, b]", None),
        ("", None),
    ],
)
def test_places(line: str, place: tuple[str, float, float] | None) -> None:
    assert read_place(line) == (Place(*place) if place else None)


# on a row from the left: 1, the can at x = 200, 2, 3; candidate 3 stands nearer than the can
BOXES = {1: Box(80, 50, 120, 100), 2: Box(230, 50, 270, 104), 3: Box(500, 150, 540, 200)}
ALL = frozenset({1, 2, 3})
CAN = Place("- the red can is at ", 200, 100)


def passed(expression: str, described: frozenset[int] = ALL) -> set[int]:
    return {n for n in BOXES if relation_fault(expression, [n], BOXES, described, [CAN]) is None}


@pytest.mark.parametrize(
    ("expression", "right"),
    [
        ("mug left of the red can", {1}),
        ("mug right of the can", {2, 3}),
        ("mug in front of the red can", {1, 2, 3}),  # 1 and 2 are level with it
        ("mug behind the red can", {1, 2}),
        ("mug closest to the red can", {2}),
        ("mug left of the blue can", {1, 2, 3}),  # the model says nothing of it
        ("mug left of the bowl", {1, 2, 3}),
        ("mug", {1, 2, 3}),
    ],
)
def test_only_choices_that_the_models_words_allow_pass(expression: str, right: set[int]) -> None:
    assert passed(expression) == right


def test_the_closest_is_that_of_those_that_fit_the_description() -> None:
    assert passed("blue mug next to the can", frozenset({1, 3})) == {1, 2}


def test_one_wrong_of_several_is_enough_and_is_named() -> None:
    fault = relation_fault("mugs right of the can", [2, 1], BOXES, {1, 2, 3}, [CAN])
    assert fault == (
        "the model chose candidate 1 and says that the can is at [200, 100], which is right of it"
    )


@pytest.mark.parametrize(
    ("expression", "ruled_out_by_mistake"),
    [
        ("mugs left of the red can", {1}),
        ("mugs right of the red can", {2, 3}),
        ("mugs in front of the can", {3}),  # 1 and 2 are level with it
        ("mugs behind the can", set()),
        ("mug closest to the can", set()),
        ("mugs left of the bowl", set()),  # the model says nothing of it
        ("mugs", set()),
    ],
)
def test_what_surely_lies_so_must_not_be_left_out(
    expression: str, ruled_out_by_mistake: set[int]
) -> None:
    left_out = {n for n in BOXES if relation_fault(expression, [], BOXES, ALL, [CAN], [n])}
    assert left_out == ruled_out_by_mistake


def test_the_candidate_that_was_left_out_is_named() -> None:
    fault = relation_fault("mugs right of the can", [2], BOXES, ALL, [CAN], [1, 3])
    assert fault == (
        "the model ruled out candidate 3 and says that the can is at [200, 100], "
        "which is left of it"
    )


SAID = {
    1: "red mug, x = 100 against 200, left → ❌",
    2: "a blue mug. → ❌",
    3: "red bowl → ❌",
    4: "nothing → ❌",
    5: "this isn't a red mug → ❌",
    6: "a mug, but not red → ❌",
}


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("red mug left of the can", {1}),
        ("the two mugs to the left of the can", {1, 2}),
        ("all mugs behind the can", {1, 2}),
        ("second mug left of the can", set()),  # nothing is called second
        ("red thing left of the can", set()),
        ("red mug", set()),  # no relation
    ],
)
def test_named_is_what_has_all_words_before_the_relation(expression: str, named: set[int]) -> None:
    assert named_candidates(expression, "mug", SAID) == named


edges = st.integers(0, 400)


@given(edges, edges, st.integers(5, 80), st.integers(5, 80))
def test_left_and_right_never_both_fail(x: int, y: int, width: int, height: int) -> None:
    boxes = {1: Box(x, y, x + width, y + height)}
    faults = [
        relation_fault(f"mug {side} of the can", [1], boxes, {1}, [CAN])
        for side in ("left", "right")
    ]
    assert None in faults
