"""What expressions mean on a tabletop whose objects are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.training.asking import ask, ask_for_absent
from rex_thinker_ros.training.questions import (
    Key,
    Order,
    Question,
    Relation,
    Seen,
    UnclearError,
    resolve,
)
from rex_thinker_ros.training.vocabulary import COLORS

IMAGE = Size(448, 336)


def standing(color: str, category: str, x: int, bottom: int, side: int = 40) -> Seen:
    box = Box(x - side / 2, bottom - side, x + side / 2, bottom)
    return Seen(category, color, box, (x / 100, -bottom / 100))


RED_LEFT = standing("red", "mug", 60, 200)
BLUE_MIDDLE = standing("blue", "mug", 200, 120, side=30)
RED_RIGHT = standing("red", "mug", 380, 300, side=60)
BOWL = standing("yellow", "bowl", 240, 220)
MUGS = (RED_RIGHT, RED_LEFT, BLUE_MIDDLE)
PLAIN = Question("attribute", "mug", "mug", False, None, MUGS, ())
RIGHT, LEFT, MIDDLE = 0, 1, 2


def ordered(key: Key, *, descending: bool, rank: int, color: str | None = None) -> Question:
    return replace(PLAIN, color=color, order=Order(key, descending, rank))


def related(relation: Relation, color: str | None = None) -> Question:
    order = Order(Key.DISTANCE, False, 0) if relation is Relation.CLOSEST else None
    name = ("yellow", "bowl")
    return replace(
        PLAIN, color=color, relation=relation, order=order, anchor_name=name, anchor=BOWL
    )


@pytest.mark.parametrize(
    ("question", "targets"),
    [
        pytest.param(replace(PLAIN, color="blue"), (MIDDLE,), id="blue mug"),
        pytest.param(replace(PLAIN, color="red"), (RIGHT, LEFT), id="red mugs"),
        pytest.param(replace(PLAIN, color="green"), (), id="green mug: none"),
        pytest.param(ordered(Key.X, descending=False, rank=0), (LEFT,), id="leftmost"),
        pytest.param(ordered(Key.X, descending=True, rank=1), (MIDDLE,), id="second from right"),
        pytest.param(ordered(Key.X, descending=True, rank=3), (), id="fourth: out of range"),
        pytest.param(
            ordered(Key.X, descending=False, rank=1, color="red"), (RIGHT,),
            id="second red from left",
        ),
        pytest.param(ordered(Key.BOTTOM, descending=True, rank=0), (RIGHT,), id="nearest"),
        pytest.param(ordered(Key.BOTTOM, descending=False, rank=0), (MIDDLE,), id="farthest"),
        pytest.param(ordered(Key.SIZE, descending=False, rank=0), (MIDDLE,), id="smallest"),
        pytest.param(ordered(Key.SIZE, descending=True, rank=0), (RIGHT,), id="largest"),
        pytest.param(related(Relation.LEFT), (LEFT, MIDDLE), id="left of the bowl"),
        pytest.param(related(Relation.RIGHT), (RIGHT,), id="right of the bowl"),
        pytest.param(related(Relation.FRONT), (RIGHT,), id="in front of the bowl"),
        pytest.param(related(Relation.BEHIND, "blue"), (MIDDLE,), id="blue behind the bowl"),
        pytest.param(related(Relation.CLOSEST, "red"), (RIGHT,), id="red closest to the bowl"),
        pytest.param(
            replace(related(Relation.LEFT), anchor=None), (), id="left of what is not there"
        ),
    ],
)  # fmt: skip
def test_an_expression_means_what_people_would_say(
    question: Question, targets: tuple[int, ...]
) -> None:
    if question.relation is Relation.CLOSEST:
        near = replace(RED_RIGHT, box=Box(270, 180, 310, 220), world=(2.9, -2.2))
        question = replace(question, candidates=(near, RED_LEFT, BLUE_MIDDLE))
    assert tuple(sorted(resolve(question, IMAGE))) == tuple(sorted(targets))


@pytest.mark.parametrize(
    ("candidates", "question"),
    [
        pytest.param(
            (RED_LEFT, standing("red", "mug", 64, 300)),
            ordered(Key.X, descending=False, rank=0), id="level from the left",
        ),
        pytest.param(
            (RED_LEFT, standing("red", "mug", 150, 200, side=42)),
            ordered(Key.SIZE, descending=True, rank=0), id="about as large",
        ),
        pytest.param(
            (standing("red", "mug", 244, 300),), related(Relation.LEFT), id="level with the bowl",
        ),
    ],
)  # fmt: skip
def test_a_close_call_is_not_asked(candidates: tuple[Seen, ...], question: Question) -> None:
    with pytest.raises(UnclearError):
        resolve(replace(question, candidates=candidates), IMAGE)


def test_asking_covers_every_kind_and_a_quarter_has_no_answer() -> None:
    rng = np.random.default_rng(3)
    scene = (*MUGS, BOWL, standing("green", "ball", 120, 260), standing("red", "ball", 330, 150))
    questions: list[Question] = []
    while len(questions) < 600:
        try:
            questions.append(ask(scene, IMAGE, rng))
        except UnclearError:
            continue
    assert {q.kind for q in questions} == {
        "attribute", "plural", "ordinal", "attribute+ordinal", "superlative",
        "attribute+superlative", "relation",
    }  # fmt: skip
    nothing = sum(not q.targets for q in questions) / len(questions)
    assert 0.15 < nothing < 0.40
    assert all(
        q.anchor_name in (None, (q.anchor.color, q.anchor.category)) for q in questions if q.anchor
    )


def test_what_is_absent_is_asked_for_by_a_category_that_is_not_there() -> None:
    question = ask_for_absent((*MUGS, BOWL), np.random.default_rng(0))
    assert question.category not in {"mug", "bowl"}
    assert (question.candidates, question.targets) == ((), ())


def test_a_color_that_is_nowhere_cannot_be_asked_for_where_all_are_there() -> None:
    balls = [standing(color, "ball", 40 + 50 * i, 200) for i, color in enumerate(COLORS)]
    rng = np.random.default_rng(0)
    for _ in range(200):
        try:
            question = ask(balls, IMAGE, rng)
        except UnclearError:
            continue
        assert question.color in (None, *COLORS)
