"""Traces say what the core's parser and decision take for the truth."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest
from tabletops import IMAGE, random_objects
from transformers import PreTrainedTokenizerFast

from rex_thinker_ros.referring.answer import parse_answer
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import decide
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import smart_resize
from rex_thinker_ros.training.batches import crowd
from rex_thinker_ros.training.examples import BOUNDS, Example, draw_question, encode
from rex_thinker_ros.training.questions import Question
from rex_thinker_ros.training.tokenizer import build_tokenizer
from rex_thinker_ros.training.traces import write_trace

RESIZED = smart_resize(IMAGE, BOUNDS)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return build_tokenizer()


def questions(seed: int, count: int = 25) -> list[Question]:
    rng = np.random.default_rng(seed)
    return [draw_question(random_objects(seed * 1000 + n), IMAGE, rng) for n in range(count)]


@pytest.mark.parametrize("seed", range(4))
def test_the_decision_on_a_trace_is_the_truth(seed: int) -> None:
    for question in questions(seed):
        text = "".join(piece.text for piece in write_trace(question))
        answer = parse_answer(text, complete=True, resized=RESIZED)
        candidates = [
            Candidate(n, Box(*(edge + 0.5 for edge in item.box.as_tuple())), 1.0)
            for n, item in enumerate(question.candidates, 1)
        ]
        command = Command("", question.expression, question.category, question.wants_all)
        # a false candidate that the reasoning rules out takes a place in the order of the boxes
        all_real = all(item.category == question.category for item in question.candidates)
        decision = decide(
            command, candidates, answer, image_size=RESIZED, resized=RESIZED,
            verify_order=all_real,
        )  # fmt: skip
        marked = [c.number - 1 for c in decision.candidates if c.verdict is Verdict.MATCH]
        assert marked == list(question.targets), text
        assert decision.exact_copies == decision.answer_boxes == len(question.targets)
        several = len(question.targets) > 1 and not question.wants_all
        expected = Outcome.AMBIGUOUS if several else Outcome.FOUND
        assert decision.outcome is (expected if question.targets else Outcome.NO_MATCH), text


def token_text(tokenizer: PreTrainedTokenizerFast, example: Example, position: int) -> str:
    return str(tokenizer.decode([int(example.ids[position])]))


@pytest.mark.parametrize("seed", range(4, 7))
def test_annotations_point_at_the_tokens_they_speak_of(
    seed: int, tokenizer: PreTrainedTokenizerFast
) -> None:
    for question in questions(seed):
        example = encode(question, RESIZED, tokenizer)
        completion = "".join(piece.text for piece in write_trace(question))
        assert tokenizer.decode(example.ids[example.answer_start :]) == f"{completion}<|im_end|>"
        for position, source in example.copies:
            assert source < position
            texts = {token_text(tokenizer, example, at).strip(", ") for at in (position, source)}
            assert len(texts) == 1
        for position in example.measured:
            assert token_text(tokenizer, example, position).strip(", ").isdigit()
        told = {token_text(tokenizer, example, position) for position, _ in example.looks}
        for item in question.candidates if "candidate.\n# Step 1: Look" in completion else ():
            assert {item.color, item.category} - {""} <= told
        for _, box in example.box_ends:
            assert box.area > 0 or (question.anchor and box.center == question.anchor.point())


@pytest.mark.parametrize("seed", [8])
def test_a_side_is_compared_first_and_then_with_the_one_that_is_wanted(
    seed: int, tokenizer: PreTrainedTokenizerFast
) -> None:
    seen = set()
    for question in questions(seed, 200):
        text = "".join(piece.text for piece in write_trace(question))
        wanted = re.search("^- wanted: (.+)$", text, re.MULTILINE)
        sides = re.findall(r"(?:x|bottom) = \d+ against \d+, (\w+) → (.)", text)
        if not wanted:
            assert not sides
            continue
        assert question.relation
        assert wanted[1] in question.relation.value
        assert all((side == wanted[1]) == (mark == "✅") for side, mark in sides)
        example = encode(question, RESIZED, tokenizer)
        asked = [tuple(token_text(tokenizer, example, at) for at in pair) for pair in example.asked]
        assert all(one == other for one, other in asked)
        seen |= {side for side, _ in sides}
    assert seen == {"left", "right", "front", "behind"}


@pytest.mark.parametrize("seed", [9])
def test_a_distance_is_reckoned_from_numbers_that_stand_beside_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    told = 0
    for number in range(60):
        objects = random_objects(seed * 1000 + number)
        question = draw_question(objects, IMAGE, rng, {"closest": 1.0})
        text = "".join(piece.text for piece in write_trace(question))
        lines = re.findall(
            r"✅, x = (\d+) against (\d+), (\d+) aside, "
            r"bottom = (\d+) against (\d+), (\d+) ahead, distance = (\d+)\n",
            text,
        )
        distances = []
        for x, anchor_x, aside, bottom, anchor_y, ahead, distance in (map(int, n) for n in lines):
            assert f" is at [{anchor_x}, {anchor_y}]" in text
            assert (aside, ahead) == (abs(x - anchor_x), abs(bottom - anchor_y))
            assert distance == int(math.hypot(aside, ahead))
            distances.append(distance)
        if distances:
            assert f"- first: distance = {min(distances)} → " in text
        told += len(distances)
    assert told > 60


def test_a_crowd_is_of_one_category_but_for_one() -> None:
    rng = np.random.default_rng(1)
    objects = random_objects(3)
    drawn = [crowd(objects, rng) for _ in range(40)]
    changed = [one for one in drawn if one is not objects]
    assert 5 < len(changed) < 35
    for one in changed:
        most = Counter(item.category for item in one).most_common(1)[0][1]
        assert most >= len(objects) - 1
        assert [item.box for item in one] == [item.box for item in objects]
