"""Orders that boxes can settle are read, and wrong choices are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.order_check import OrderClaim, Side, order_fault, read_claim


@pytest.mark.parametrize(
    ("expression", "category", "claim"),
    [
        ("second mug from the left", "mug", OrderClaim(Side.LEFT, 1, True)),
        ("2nd mug from right", "mug", OrderClaim(Side.RIGHT, 1, True)),
        ("the third red mug from the right", "mug", OrderClaim(Side.RIGHT, 2, False)),
        ("first cup from the top", "cup", OrderClaim(Side.TOP, 0, True)),
        ("leftmost mug", "mug", OrderClaim(Side.LEFT, 0, True)),
        ("left-most mug", "mug", OrderClaim(Side.LEFT, 0, True)),
        ("second leftmost mug", "mug", OrderClaim(Side.LEFT, 1, True)),
        ("rightmost blue mug", "mug", OrderClaim(Side.RIGHT, 0, False)),
        ("bottommost box", "box", OrderClaim(Side.BOTTOM, 0, True)),
        ("largest mug", "mug", OrderClaim(Side.LARGEST, 0, True)),
        ("second biggest mug", "mug", OrderClaim(Side.LARGEST, 1, True)),
        ("smallest coffee cup", "coffee cup", OrderClaim(Side.SMALLEST, 0, True)),
        ("leftmost boxes", "box", OrderClaim(Side.LEFT, 0, True)),
        ("leftmost t-shirt", "t-shirt", OrderClaim(Side.LEFT, 0, True)),
        ("second red T-shirt from the right", "t-shirt", OrderClaim(Side.RIGHT, 1, False)),
        ("left-most blow-dryer stands", "blow-dryer stand", OrderClaim(Side.LEFT, 0, True)),
        ("red mug", "mug", None),
        ("mug", "mug", None),
        ("left mug", "mug", None),
        ("mug on the left", "mug", None),
        ("second mug", "mug", None),
        ("second nearest mug", "mug", OrderClaim(Side.NEAR, 1, True)),
        ("closest red mug", "mug", OrderClaim(Side.NEAR, 0, False)),
        ("third farthest mug", "mug", OrderClaim(Side.FAR, 2, True)),
        ("mug closest to the camera", "mug", OrderClaim(Side.NEAR, 0, True)),
        ("second red mug nearest to me", "mug", OrderClaim(Side.NEAR, 1, False)),
        ("mug farthest from camera", "mug", OrderClaim(Side.FAR, 0, True)),
        ("mug closest to the can", "mug", None),
        ("closest to me", "mug", None),
        ("to me", "mug", None),
        ("near mug", "mug", None),
        ("largest mug on the table", "mug", None),
        ("mug left of the second can from the right", "mug", None),
        ("second mug from the left of the bowl", "mug", None),
        ("leftmost", "mug", None),
        ("", "mug", None),
        ("largestmost mug", "mug", None),
    ],
)
def test_claims(expression: str, category: str, claim: OrderClaim | None) -> None:
    assert read_claim(expression, category) == claim


@pytest.mark.parametrize(
    ("described", "right"),
    [
        (set(), {1, 2, 3}),
        ({1, 3}, {1, 2}),  # the model itself says that 2 is none of them: other checks tell
        ({1, 2, 3}, {2}),
        ({3}, {1, 2, 3}),
    ],
)
def test_an_order_holds_among_those_that_the_model_says_fit(
    described: set[int], right: set[int]
) -> None:
    command = Command("", "leftmost red mug", "mug", False)
    passed = {c.number for c in ROW if order_fault(command, [c], ROW, described) is None}
    assert passed == right


def test_too_few_that_fit_settle_no_rank() -> None:
    command = Command("", "second red mug from the left", "mug", False)
    assert order_fault(command, [ROW[0]], ROW, {1}) is None
    assert order_fault(command, [ROW[0]], ROW, {1, 3}) is not None


# three mugs from the left: small, large, middle
ROW = (
    Candidate(1, Box(300, 40, 360, 120), 0.9),
    Candidate(2, Box(10, 50, 40, 90), 0.9),
    Candidate(3, Box(600, 45, 650, 110), 0.9),
)


def fault(expression: str, number: int, *, wants_all: bool = False) -> str | None:
    command = Command(expression, expression, "mug", wants_all)
    return order_fault(command, [ROW[number - 1]], ROW)


@pytest.mark.parametrize(
    ("expression", "right"),
    [
        ("second mug from the left", {1}), ("second mug from the right", {1}),
        ("leftmost mug", {2}), ("third mug from the left", {3}),
        ("largest mug", {1}), ("smallest mug", {2}), ("second largest mug", {3}),
        # what is described may come later in the row of all, never earlier than its rank
        ("second red mug from the left", {1, 3}), ("leftmost red mug", {1, 2, 3}),
        ("third red mug from the left", {3}), ("fourth red mug from the left", set()),
        ("red mug", {1, 2, 3}),
    ],
)  # fmt: skip
def test_only_choices_that_the_boxes_allow_pass(expression: str, right: set[int]) -> None:
    assert {number for number in (1, 2, 3) if fault(expression, number) is None} == right


def test_the_fault_says_where_the_choice_stands() -> None:
    assert fault("leftmost mug", 3) == (
        "the model chose candidate 3, which is number 3 from the left, not number 1"
    )


def test_several_chosen_are_not_checked() -> None:
    assert fault("leftmost mugs", 3, wants_all=True) is None
    assert order_fault(Command("", "leftmost mug", "mug", False), ROW[1:], ROW) is None


def test_near_ties_pass_both_ways() -> None:
    close = (Candidate(1, Box(0, 0, 40, 40), 0.9), Candidate(2, Box(8, 50, 48, 89), 0.9))
    for expression in ("leftmost mug", "rightmost mug", "largest mug", "smallest mug"):
        for chosen in close:
            assert order_fault(Command("", expression, "mug", False), [chosen], close) is None


@given(st.text(max_size=60), st.text(max_size=10))
def test_any_text_is_read(expression: str, category: str) -> None:
    read_claim(expression, category)


@given(st.permutations(range(5)), st.integers(0, 4))
def test_exactly_one_of_a_clear_row_is_the_nth(places: list[int], rank: int) -> None:
    row = [Candidate(n, Box(100 * x, 0, 100 * x + 50, 50), 0.9) for n, x in enumerate(places, 1)]
    word = ("first", "second", "third", "fourth", "fifth")[rank]
    command = Command("", f"{word} mug from the left", "mug", False)
    passed = [c.number for c in row if order_fault(command, [c], row) is None]
    assert passed == [places.index(rank) + 1]
