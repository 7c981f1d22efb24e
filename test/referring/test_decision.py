"""Decisions: FOUND only where marks, answer, candidates and command agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.answer import Answer, Judgement, Reasoning
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision, decide, same_boxes, snap
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.place import Place

IMAGE = Size(640, 480)
RESIZED = Size(320, 240)
MARKS = {"y": Verdict.MATCH, "n": Verdict.NO_MATCH, "?": Verdict.UNSURE}

# three mugs in a row: in resized pixels (10, 10, 30, 40), (50, 10, 70, 40), (90, 10, 110, 40)
CANDIDATES = tuple(
    Candidate(number, Box(80 * number - 60, 20, 80 * number - 20, 80), 0.9) for number in (1, 2, 3)
)
A, B = Box(10, 10, 50, 50), Box(100, 10, 140, 50)
NEAR_A = Box(12, 11, 52, 51)
HALF_OF_A = Box(10, 10, 50, 28)
FIRST, SECOND, THIRD = (Box(10, 10, 30, 40), Box(50, 10, 70, 40), Box(90, 10, 110, 40))


def answered(marks: str, *boxes: Box) -> Answer:
    """Return an answer with one mark for each candidate from 1; a blank is no mark."""
    judgements = {
        number: Judgement(MARKS[mark], f"note {number}")
        for number, mark in enumerate(marks, 1)
        if mark != " "
    }
    return Answer(Reasoning((), judgements), boxes)


def decided(answer: Answer, *, wants_all: bool = False, count: int | None = None) -> Decision:
    command = Command("pick up the red mug", "red mug", "mug", wants_all, count)
    return decide(command, CANDIDATES, answer, image_size=IMAGE, resized=RESIZED)


@pytest.mark.parametrize(
    ("marks", "boxes", "wants_all", "outcome"),
    [
        pytest.param("nyn", (SECOND,), False, Outcome.FOUND, id="one of three"),
        pytest.param("nyn", (SECOND,), True, Outcome.FOUND, id="all, and there is one"),
        pytest.param("yyn", (SECOND, FIRST), True, Outcome.FOUND, id="all, and there are two"),
        pytest.param("nyn", (SECOND, SECOND), False, Outcome.FOUND, id="one box written twice"),
        pytest.param("nyn", (Box(52, 11, 71, 41),), False, Outcome.FOUND, id="nearly a copy"),
        pytest.param("nnn", (), False, Outcome.NO_MATCH, id="none"),
        pytest.param("nnn", (), True, Outcome.NO_MATCH, id="none of all"),
        pytest.param("", (), False, Outcome.NO_MATCH, id="none, unmarked"),
        pytest.param("n?n", (), False, Outcome.NO_MATCH, id="none, one unsure"),
        pytest.param("yyn", (FIRST, SECOND), False, Outcome.AMBIGUOUS, id="two for one"),
        pytest.param("y?n", (FIRST,), False, Outcome.AMBIGUOUS, id="another may match too"),
        pytest.param("y?n", (FIRST,), True, Outcome.AMBIGUOUS, id="not sure these are all"),
        pytest.param("nyn", (), False, Outcome.CONTRADICTION, id="marked, not answered"),
        pytest.param("nyn", (FIRST,), False, Outcome.CONTRADICTION, id="another one marked"),
        pytest.param("yyn", (FIRST,), False, Outcome.CONTRADICTION, id="one mark more"),
        pytest.param("ynn", (FIRST, SECOND), True, Outcome.CONTRADICTION, id="one box more"),
        pytest.param("n?n", (SECOND,), False, Outcome.CONTRADICTION, id="unsure, yet answered"),
        pytest.param("", (SECOND,), False, Outcome.CONTRADICTION, id="no marks at all"),
        pytest.param("ny ", (SECOND,), False, Outcome.CONTRADICTION, id="one never judged"),
        pytest.param("nynn", (SECOND,), False, Outcome.CONTRADICTION, id="a fourth judged"),
        pytest.param("nnnn", (), False, Outcome.CONTRADICTION, id="a fourth judged, no box"),
        pytest.param(
            "nyn", (Box(200, 100, 220, 130),), False, Outcome.CONTRADICTION, id="no candidate"
        ),
        pytest.param(
            "nyn", (SECOND, Box(51, 10, 70, 40)), False, Outcome.CONTRADICTION, id="two on one"
        ),
        pytest.param(
            "nyn", (Box(40, 10, 60, 40),), False, Outcome.CONTRADICTION, id="too little overlap"
        ),
    ],
)
def test_outcomes(marks: str, boxes: tuple[Box, ...], wants_all: bool, outcome: Outcome) -> None:
    decision = decided(answered(marks, *boxes), wants_all=wants_all)
    assert decision.outcome is outcome
    assert bool(decision.boxes) is (outcome is Outcome.FOUND)
    assert decision.status_text.endswith((".", "?"))


@pytest.mark.parametrize(
    ("marks", "boxes", "wants_all", "outcome", "says"),
    [
        pytest.param("yyn", (FIRST, SECOND), True, Outcome.FOUND, "candidates 1, 2", id="two"),
        pytest.param("yyn", (FIRST, SECOND), False, Outcome.FOUND, "1, 2", id="two of the two"),
        pytest.param("nyn", (SECOND,), True, Outcome.NO_MATCH, "only 1 fits", id="too few"),
        pytest.param("nnn", (), True, Outcome.NO_MATCH, "none is", id="none"),
        pytest.param(
            "yyy",
            (FIRST, SECOND, THIRD),
            True,
            Outcome.AMBIGUOUS,
            "2 were asked for",
            id="too many",
        ),
        pytest.param(
            "yyy", (FIRST, SECOND, THIRD), False, Outcome.AMBIGUOUS, "and 3 fit", id="two of three"
        ),
        pytest.param("y?n", (FIRST,), True, Outcome.AMBIGUOUS, "unsure", id="perhaps a second"),
        pytest.param("yyn", (FIRST,), True, Outcome.CONTRADICTION, "marked", id="one mark more"),
    ],
)
def test_two_are_found_where_two_were_asked_for(
    marks: str, boxes: tuple[Box, ...], wants_all: bool, outcome: Outcome, says: str
) -> None:
    decision = decided(answered(marks, *boxes), wants_all=wants_all, count=2)
    assert decision.outcome is outcome
    assert len(decision.boxes) == (2 if outcome is Outcome.FOUND else 0)
    assert says in decision.status_text


def test_found_boxes_are_the_candidates_in_the_full_image() -> None:
    decision = decided(answered("yyn", Box(52, 11, 71, 41), FIRST), wants_all=True)
    assert decision.boxes == (CANDIDATES[1].box, CANDIDATES[0].box)
    assert (decision.answer_boxes, decision.exact_copies) == (2, 1)


def test_candidates_carry_verdicts_and_notes() -> None:
    decision = decided(answered("ny ", SECOND))
    assert [candidate.verdict for candidate in decision.candidates] == [
        Verdict.NO_MATCH,
        Verdict.MATCH,
        Verdict.UNKNOWN,
    ]
    assert [candidate.note for candidate in decision.candidates] == ["note 1", "note 2", ""]


@pytest.mark.parametrize(
    ("boxes", "hints", "snapped"),
    [
        pytest.param((), (FIRST,), (), id="no box"),
        pytest.param((FIRST,), (), (None,), id="no hint"),
        pytest.param((THIRD, FIRST), (FIRST, SECOND, THIRD), (2, 0), id="copies"),
        pytest.param(
            (Box(0, 0, 10, 14), Box(0, 0, 10, 10)),
            (Box(0, 0, 10, 10), Box(0, 0, 10, 12)),
            (1, 0),
            id="the better pair first",
        ),
        pytest.param((Box(0, 0, 10, 5),), (Box(0, 0, 10, 10),), (0,), id="half is enough"),
        pytest.param((Box(0, 0, 10, 4.9),), (Box(0, 0, 10, 10),), (None,), id="less is not"),
    ],
)
def test_snap(
    boxes: tuple[Box, ...], hints: tuple[Box, ...], snapped: tuple[int | None, ...]
) -> None:
    assert snap(boxes, hints) == snapped


def boxes_near_candidates() -> st.SearchStrategy[Box]:
    shift = st.integers(-12, 12)
    return st.builds(
        lambda box, dx, dy: Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy),
        st.sampled_from((FIRST, SECOND, THIRD)),
        shift,
        shift.filter(lambda dy: dy > -10),
    )


@given(
    st.text(alphabet="yn? ", max_size=4),
    st.lists(boxes_near_candidates(), max_size=4),
    st.booleans(),
    st.none() | st.integers(2, 4),
)
def test_found_always_means_agreement(
    marks: str, boxes: list[Box], wants_all: bool, count: int | None
) -> None:
    decision = decided(answered(marks, *boxes), wants_all=wants_all, count=count)
    if decision.outcome is not Outcome.FOUND:
        assert decision.boxes == ()
        return
    matches = {c.box for c in decision.candidates if c.verdict is Verdict.MATCH}
    assert set(decision.boxes) == matches
    assert len(decision.boxes) == len(matches) == len(set(boxes)) >= 1
    assert len(matches) == count if count else wants_all or len(matches) == 1
    assert all(c.verdict in (Verdict.MATCH, Verdict.NO_MATCH) for c in decision.candidates)


@pytest.mark.parametrize(
    ("boxes", "others", "same"),
    [
        pytest.param((), (), True, id="none and none"),
        pytest.param((NEAR_A,), (A,), True, id="overlaps enough"),
        pytest.param((HALF_OF_A,), (A,), False, id="overlaps too little"),
        pytest.param((B, NEAR_A), (A, B), True, id="in another order"),
        pytest.param((A,), (A, B), False, id="one is missing"),
        pytest.param((A, B), (A,), False, id="one too many"),
        pytest.param((A, NEAR_A), (A, B), False, id="two for the same"),
    ],
)
def test_boxes_pair_off_one_to_one(
    boxes: tuple[Box, ...], others: tuple[Box, ...], same: bool
) -> None:
    assert same_boxes(boxes, others) is same


@given(st.lists(boxes_near_candidates(), max_size=5), st.lists(boxes_near_candidates(), max_size=5))
def test_snapping_is_one_to_one_and_over_the_threshold(boxes: list[Box], hints: list[Box]) -> None:
    snapped = snap(boxes, hints)
    used = [index for index in snapped if index is not None]
    assert len(used) == len(set(used))
    for box, index in zip(boxes, snapped, strict=True):
        best = max((box.iou(h) for i, h in enumerate(hints) if i not in used), default=0)
        if index is None:
            assert best < 0.5
        else:
            assert box.iou(hints[index]) >= max(0.5, best)


@pytest.mark.parametrize(
    ("expression", "verify", "outcome"),
    [
        ("second mug from the left", True, Outcome.FOUND),
        ("leftmost mug", True, Outcome.CONTRADICTION),
        ("leftmost mug", False, Outcome.FOUND),
    ],
)
def test_an_order_that_the_boxes_contradict_is_not_trusted(
    expression: str, verify: bool, outcome: Outcome
) -> None:
    command = Command("", expression, "mug", False)
    decision = decide(
        command, CANDIDATES, answered("nyn", SECOND), image_size=IMAGE, resized=RESIZED,
        verify_order=verify,
    )  # fmt: skip
    assert decision.outcome is outcome
    assert bool(decision.boxes) == (outcome is Outcome.FOUND)
    if outcome is Outcome.CONTRADICTION:
        assert "number 2 from the left" in decision.status_text


@pytest.mark.parametrize(
    ("expression", "place", "outcome"),
    [
        ("mug right of the can", (20, 40), Outcome.FOUND),
        ("mug right of the can", (100, 40), Outcome.CONTRADICTION),
        ("mug closest to the can", (55, 42), Outcome.FOUND),
        ("mug closest to the can", (95, 42), Outcome.CONTRADICTION),
    ],
)
def test_the_choice_lies_where_the_reasoning_says(
    expression: str, place: tuple[int, int], outcome: Outcome
) -> None:
    told = answered("nyn", SECOND)
    x, y = place  # resized pixels, as the model writes them
    reasoning = replace(
        told.reasoning, described=frozenset({1, 2, 3}), places=(Place("the can is at ", x, y),)
    )
    command = Command("", expression, "mug", False)
    decision = decide(
        command, CANDIDATES, replace(told, reasoning=reasoning), image_size=IMAGE, resized=RESIZED
    )
    assert decision.outcome is outcome
    assert bool(decision.boxes) == (outcome is Outcome.FOUND)


@pytest.mark.parametrize(
    ("marks", "boxes", "said", "outcome"),
    [
        pytest.param("nyy", (SECOND, THIRD), "", Outcome.FOUND, id="both that lie so"),
        pytest.param("nyn", (SECOND,), "red mug, left", Outcome.CONTRADICTION, id="one left out"),
        pytest.param("nyn", (SECOND,), "blue mug", Outcome.FOUND, id="of another color"),
        pytest.param("nnn", (), "red mug, left", Outcome.CONTRADICTION, id="all left out"),
        pytest.param("nnn", (), "blue mug", Outcome.NO_MATCH, id="none of the color"),
        pytest.param("ny?", (SECOND,), "red mug", Outcome.AMBIGUOUS, id="unsure, not ruled out"),
    ],
)
def test_what_the_reasoning_calls_by_name_and_places_so_is_not_left_out(
    marks: str, boxes: tuple[Box, ...], said: str, outcome: Outcome
) -> None:
    told = answered(marks, *boxes)
    reasoning = replace(told.reasoning, said={3: said}, places=(Place("the can is at ", 32, 40),))
    command = Command("", "red mugs right of the can", "mug", wants_all=True)
    decision = decide(
        command, CANDIDATES, replace(told, reasoning=reasoning), image_size=IMAGE, resized=RESIZED
    )
    assert decision.outcome is outcome, decision.status_text


def test_two_for_one_of_which_one_lies_elsewhere_is_no_question_to_the_user() -> None:
    told = answered("yyn", FIRST, SECOND)
    reasoning = replace(told.reasoning, places=(Place("the can is at ", 36, 40),))
    command = Command("", "mug right of the can", "mug", wants_all=False)
    decision = decide(
        command, CANDIDATES, replace(told, reasoning=reasoning), image_size=IMAGE, resized=RESIZED
    )
    assert decision.outcome is Outcome.CONTRADICTION
    assert "candidate 1" in decision.status_text
