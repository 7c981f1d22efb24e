"""What is foretold of texts in the form that training teaches, which the traces have exactly."""

from __future__ import annotations

import numpy as np
import pytest
from tabletops import IMAGE, random_objects

from rex_thinker_ros.referring.foreseen_form import foresee_form
from rex_thinker_ros.referring.prompt import smart_resize
from rex_thinker_ros.training.examples import BOUNDS, draw_question, question_prompt
from rex_thinker_ros.training.trace_writer import Piece
from rex_thinker_ros.training.traces import write_trace
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS

RESIZED = smart_resize(IMAGE, BOUNDS)


def only_seen(piece: Piece) -> bool:
    """Tell whether nothing but the image tells a piece: a color, a place, what is not there."""
    anchor = piece.measured and piece.seek is not None
    nothing = piece.text == "nothing"
    return piece.text in COLORS or anchor or piece.absent or nothing


@pytest.mark.parametrize("seed", range(20, 28))
def test_all_but_what_the_image_shows_is_foretold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for number in range(25):
        question = draw_question(random_objects(seed * 1000 + number), IMAGE, rng)
        prompt = question_prompt(question, RESIZED)
        said = ""
        for piece in write_trace(question):
            foretold = foresee_form(said, prompt)
            other_kind = piece.text in CATEGORIES and piece.text != question.category
            if not only_seen(piece) and not other_kind:
                assert foretold.startswith(piece.text), (question.expression, said, piece.text)
            said += piece.text


@pytest.mark.parametrize("seed", range(30, 34))
def test_whatever_the_text_says_foretelling_does_not_fail(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines: list[str] = []
    for number in range(25):
        question = draw_question(random_objects(seed * 1000 + number), IMAGE, rng)
        prompt = question_prompt(question, RESIZED)
        text = "".join(piece.text for piece in write_trace(question))
        for _ in range(20):
            mixed = text.splitlines(keepends=True)
            if lines:  # one of another text, among them steps and orders that do not belong here
                mixed[rng.integers(len(mixed))] = lines[rng.integers(len(lines))]
            changed = "".join(mixed)
            at, length = rng.integers(len(changed)), rng.integers(3)
            changed = changed[:at] + str(rng.integers(400)) * length + changed[at + length :]
            foresee_form(changed[: rng.integers(len(changed) + 1)], prompt)
        lines += text.splitlines(keepends=True)


OTHERS = ["OK, the user needs the mug.", "<think>- Step 1: Think.", "<think>- Step 1: Look at it"]


@pytest.mark.parametrize("text", OTHERS)
def test_of_other_forms_nothing_is_foretold(text: str) -> None:
    rng = np.random.default_rng(1)
    question = draw_question(random_objects(1), IMAGE, rng)
    assert foresee_form(text, question_prompt(question, RESIZED)) == ""
