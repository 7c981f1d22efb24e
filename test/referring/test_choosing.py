"""What numbers and boxes choose among the offered, and the question that offers them."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.choosing import choose
from rex_thinker_ros.referring.follow_up import (
    All,
    AnyOne,
    ByBoxes,
    ByNumber,
    ByOrder,
    ByOrdinal,
    InTheMiddle,
    Unsettled,
)
from rex_thinker_ros.referring.follow_up_reading import read_follow_up
from rex_thinker_ros.referring.order_check import Side
from rex_thinker_ros.referring.question import question


def mug(number: int, *box: float, verdict: Verdict = Verdict.MATCH) -> Candidate:
    return Candidate(number, Box(*box), 0.9, verdict)


# from left to right 4 (nearest), 1 (largest), 3 (smallest, farthest); 2 did not match
ROW = (mug(1, 200, 100, 300, 200), mug(3, 400, 60, 440, 100), mug(4, 0, 190, 60, 250))


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        (ByNumber(3), (3,)), (ByOrder(Side.LEFT), (4,)), (ByOrder(Side.LEFT, 1), (1,)),
        (ByOrder(Side.RIGHT), (3,)), (ByOrder(Side.RIGHT, 2), (4,)), (ByOrder(Side.TOP), (3,)),
        (ByOrder(Side.BOTTOM), (4,)), (ByOrder(Side.LARGEST), (1,)), (ByOrder(Side.SMALLEST), (3,)),
        (ByOrder(Side.LARGEST, 1), (4,)), (InTheMiddle(), (1,)), (AnyOne(), (1,)),
        (All(), (1, 3, 4)), (All(3), (1, 3, 4)),
    ],
    ids=str,
)  # fmt: skip
def test_boxes_choose(answer: ByBoxes, numbers: tuple[int, ...]) -> None:
    chosen = choose(answer, ROW)
    assert isinstance(chosen, tuple)
    assert tuple(candidate.number for candidate in chosen) == numbers


TIE = (mug(1, 0, 0, 40, 40), mug(2, 4, 100, 44, 141))
UNSURE = tuple(mug(n, 100 * n, 0, 100 * n + 40, 40, verdict=Verdict.UNSURE) for n in (1, 3))
STAIRS = (mug(1, 0, 0, 40, 40), mug(2, 60, 60, 100, 100), mug(3, 120, 120, 160, 160))


@pytest.mark.parametrize(
    ("answer", "candidates", "reason"),
    [
        pytest.param(
            ByNumber(2), ROW, "Number 2 does not fit: choose number 1, 3 or 4.", id="not offered"
        ),
        pytest.param(
            ByOrder(Side.LEFT, 3), ROW,
            "There is no number 4 from the left: choose number 1, 3 or 4.", id="beyond the end",
        ),
        pytest.param(
            ByOrder(Side.LEFT), TIE,
            "Which is number 1 from the left is too close to tell: choose number 1 or 2.",
            id="above each other",
        ),
        pytest.param(
            ByOrder(Side.LARGEST), TIE,
            "Which is number 1 by size, the largest first is too close to tell: "
            "choose number 1 or 2.", id="alike",
        ),
        pytest.param(
            ByOrdinal(1), ROW,
            '"Second" may be a number or a place: choose number 1, 3 or 4, or say '
            '"second from the left".', id="number or place",
        ),
        pytest.param(
            ByOrdinal(3), ROW, '"Fourth" may be a number or a place: choose number 1, 3 or 4.',
            id="no such place",
        ),
        pytest.param(
            InTheMiddle(), TIE, "There is no clear middle one: choose number 1 or 2.", id="even"
        ),
        pytest.param(
            InTheMiddle(), STAIRS, "There is no clear middle one: choose number 1, 2 or 3.",
            id="no line",
        ),
        pytest.param(
            AnyOne(), UNSURE, "None of them surely fits: choose number 1 or 3.", id="all unsure"
        ),
        pytest.param(
            All(2), ROW,
            'There are 3, not 2: choose number 1, 3 or 4, or say "all of them".', id="miscounted",
        ),
    ],
)  # fmt: skip
def test_what_boxes_cannot_settle_stays_open(
    answer: ByBoxes, candidates: tuple[Candidate, ...], reason: str
) -> None:
    assert choose(answer, candidates) == Unsettled(reason)


def test_an_ordinal_chooses_the_number_that_stands_in_its_place() -> None:
    assert choose(ByOrdinal(1), STAIRS) == (STAIRS[1],)
    assert choose(ByOrdinal(2), ROW) == (ROW[1],)


# a near bottle reaches higher in the picture than a far box, whose middle is lower
NEAR, FAR = mug(1, 50, 60, 130, 400), mug(2, 300, 220, 420, 280)
AS_NEAR = mug(3, 500, 340, 560, 395)


@pytest.mark.parametrize(
    ("side", "candidates", "number"),
    [
        pytest.param(Side.NEAR, (NEAR, FAR), 1, id="near"),
        pytest.param(Side.FAR, (NEAR, FAR), 2, id="far"),
        pytest.param(Side.BOTTOM, (NEAR, FAR), 2, id="bottom goes by the middle"),
        pytest.param(Side.TOP, (NEAR, FAR), 1, id="top goes by the middle"),
        pytest.param(Side.FAR, (NEAR, FAR, AS_NEAR), 2, id="far of three"),
        pytest.param(Side.NEAR, (NEAR, FAR, AS_NEAR), None, id="as near as the other"),
    ],
)
def test_what_stands_nearer_has_the_lower_bottom_edge(
    side: Side, candidates: tuple[Candidate, ...], number: int | None
) -> None:
    chosen = choose(ByOrder(side), candidates)
    found = [c.number for c in chosen] if isinstance(chosen, tuple) else []
    assert found == ([number] if number else [])


def test_any_one_is_the_first_that_surely_fits() -> None:
    match = mug(2, 500, 0, 540, 40)
    assert choose(AnyOne(), (*UNSURE, match, mug(4, 0, 0, 40, 40))) == (match,)


def test_a_column_has_a_middle_too() -> None:
    column = (mug(1, 0, 100, 40, 140), mug(2, 4, 0, 44, 40), mug(3, 8, 200, 48, 240))
    assert choose(InTheMiddle(), column) == (column[0],)


def test_there_must_be_something_to_choose_from() -> None:
    with pytest.raises(ValueError, match="candidates"):
        choose(AnyOne(), [])


EDGES = st.floats(0, 640) | st.integers(0, 8).map(lambda edge: 40.0 * edge)
BOXES = st.tuples(EDGES, EDGES, EDGES, EDGES).map(
    lambda e: Box(min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]), max(e[1], e[3]))
)


@st.composite
def offers(draw: st.DrawFn) -> tuple[Candidate, ...]:
    boxes = draw(st.lists(BOXES, min_size=1, max_size=6))
    numbers = draw(st.permutations(range(1, 9)))
    return tuple(Candidate(n, box, 0.9) for n, box in zip(numbers, boxes, strict=False))


SINGLE: st.SearchStrategy[ByBoxes] = st.one_of(
    st.builds(ByNumber, st.integers(-1, 10)),
    st.builds(ByOrder, st.sampled_from(Side), st.integers(0, 9)),
    st.builds(ByOrdinal, st.integers(0, 9)),
    st.just(InTheMiddle()),
    st.just(AnyOne()),
)


@given(SINGLE, offers())
def test_a_single_choice_is_one_of_the_offered(
    answer: ByBoxes, candidates: tuple[Candidate, ...]
) -> None:
    chosen = choose(answer, candidates)
    if isinstance(chosen, tuple):
        (candidate,) = chosen
        assert candidate in candidates
    else:
        assert chosen.reason.endswith(".")


@given(SINGLE | st.builds(All, st.none() | st.integers(0, 7)), offers(), st.randoms())
def test_the_order_of_the_offered_makes_no_difference(
    answer: ByBoxes, candidates: tuple[Candidate, ...], random: Random
) -> None:
    shuffled = random.sample(candidates, len(candidates))
    assert choose(answer, shuffled) == choose(answer, candidates)


@given(offers(), st.sampled_from(Side))
def test_every_place_goes_to_another_candidate(
    candidates: tuple[Candidate, ...], side: Side
) -> None:
    places = [choose(ByOrder(side, rank), candidates) for rank in range(len(candidates))]
    chosen = [place for place in places if isinstance(place, tuple)]
    assert len(set(chosen)) == len(chosen)


@pytest.mark.parametrize(
    ("candidates", "asked"),
    [
        pytest.param(ROW, "Which red mug: 4 (left), 1 (middle) or 3 (right)?", id="a row"),
        pytest.param(ROW[:2], "Which red mug: 1 (left) or 3 (right)?", id="two"),
        pytest.param(TIE, "Which red mug: 1 (top) or 2 (bottom)?", id="above each other"),
        pytest.param(
            STAIRS, "Which red mug: 1 (left), 2 (second from the left) or 3 (right)?", id="no line"
        ),
        pytest.param(
            (*ROW, mug(2, 500, 60, 540, 100)),
            "Which red mug: 4 (left), 1 (second from the left), 3 (second from the right) "
            "or 2 (right)?",
            id="four",
        ),
        pytest.param(
            (mug(1, 10, 10, 20, 20), mug(2, 0, 0, 30, 30)),
            "Which red mug: 2 (largest) or 1 (smallest)?",
            id="one within the other",
        ),
        pytest.param(
            (mug(2, 0, 0, 30, 30), mug(1, 1, 0, 31, 30)), "Which red mug: 2 or 1?", id="alike"
        ),
        pytest.param(
            tuple(mug(n, 100 - 10 * n, 0, 105 - 10 * n, 5) for n in (1, 2, 3, 4, 5)),
            "Which red mug: 5, 4, 3, 2 or 1?",
            id="many",
        ),
    ],
)
def test_the_question_says_what_to_answer(candidates: tuple[Candidate, ...], asked: str) -> None:
    assert question(candidates, "red mug") == asked


@given(offers().filter(lambda candidates: len(candidates) > 1))
def test_every_word_of_the_question_is_an_answer(candidates: tuple[Candidate, ...]) -> None:
    asked = question(candidates, "red mug")
    by_number = {str(candidate.number): candidate for candidate in candidates}
    assert sorted(re.findall(r"\d+", asked)) == sorted(by_number)
    for number, words in re.findall(r"(\d+) \((.+?)\)", asked):
        answer = read_follow_up(words, "mug")
        assert isinstance(answer, ByOrder | InTheMiddle)
        assert choose(answer, candidates) == (by_number[number],)


def test_a_question_needs_a_choice() -> None:
    with pytest.raises(ValueError, match="two candidates"):
        question(ROW[:1], "red mug")
