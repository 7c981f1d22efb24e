"""Changed model outputs, and what may become of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np
from found_contract import breach
from mutations import (
    ANY_CONTENT,
    ODD_CHARACTERS,
    BrokenPromiseError,
    inserting,
    look_alike,
    mutate,
    shuffle_lines,
    substituting,
)
from tabletops import IMAGE, random_objects

from rex_thinker_ros.referring.answer import (
    TruncatedAnswerError,
    UnparsableAnswerError,
    parse_answer,
)
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import decide
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import smart_resize
from rex_thinker_ros.training.examples import BOUNDS, draw_question
from rex_thinker_ros.training.questions import Question
from rex_thinker_ros.training.traces import write_trace

TABLETOPS = 1000  # to draw one takes longer than to check an answer
RESIZED = smart_resize(IMAGE, BOUNDS)
HEADING = "# Summarize and Re-Check answer\n"
MARKS = ("✅", "❌", "⚠️")
MARK = re.compile("[✅❌⚠]\ufe0f?")
NUMBERS = (
    *map(str, range(12)), "-1", "007", "12345", "1.5", "1e3", "1e999", "-1e999", "9" * 20,
    "9" * 5000, "NaN", "Infinity", "-Infinity", "null", "true", '"3"', "0x1F", "1_0", "٣", "²", "",
)  # fmt: skip
TAGS = ("<think>", "</think>", "<answer>", "</answer>", "<ANSWER>", "< /think>", "<|im_end|>", "")
PIECES = (
    *ODD_CHARACTERS, *TAGS, *NUMBERS, *MARKS, HEADING, "\n", ":", "```", "json", "None", "[]", "{}",
    "- Mug 1: yes → ✅\n", "- Mug 2: no → ❌\n", "- Mug 3: maybe → ⚠️\n", "- Step 1: look\n",
    '{"bbox_2d": [10, 20, 30, 40]}', '{"bbox_2d": [1, 2, 3]}, ', "[" * 3000, '{"a":' * 3000,
    "[" * 2000 + "]" * 2000, "<answer>[]</answer>", "</think><answer>[]</answer>",
)  # fmt: skip
ITEMS = ('{"bbox_2d": [1, 2, 3, 30]}', '{"bbox_2d": []}', "{}", "7", "[" * 3000, '{"a":' * 3000)


def _mark_another_way(rng: Random, text: str) -> str:
    """Repeat a line with other marks, or the whole summary with one, before or after it."""
    start = text.rfind(HEADING)
    lines = text[start:].partition("</think>")[0]
    if start < 0 or rng.random() < 0.5:
        lines = rng.choice([line for line in text.split("\n") if MARK.search(line)] or [""]) + "\n"
        start = text.find(lines)
    changed = MARK.sub(lambda mark: rng.choice((mark[0], *MARKS)), lines)
    return (
        text[:start] + rng.choice((changed + lines, lines + changed)) + text[start + len(lines) :]
    )


MUTATORS = (
    *ANY_CONTENT,
    inserting(PIECES),
    shuffle_lines,
    look_alike,
    _mark_another_way,
    substituting(MARK.pattern, (*MARKS, "✔", "", "✅ ❌", "❌ ✅")),
    substituting(r"\d+", NUMBERS),
    substituting(r"(?<= )\d+(?=:| \[)", NUMBERS),
    substituting("</?(think|answer)>", TAGS),
    substituting(HEADING, ("", HEADING * 2, HEADING.upper(), "# Summarize\n")),
    substituting(r"(?<=\})(?=[,\]])", tuple(f", {item}" for item in ITEMS)),
    substituting("(?<=</answer>)", tuple(f"<answer>[{item}]</answer>" for item in ("", *ITEMS))),
)


@dataclass(frozen=True)
class AnswerCase:
    """A model's text, whether the model ended by itself, and what it was asked."""

    content: str
    complete: bool
    command: Command
    candidates: tuple[Candidate, ...]


def make_answer(rng: Random) -> AnswerCase:
    """Draw a tabletop and a question, and change a text that answers it."""
    question = _question(rng.randrange(TABLETOPS))
    if rng.random() < 0.6:
        text = "".join(piece.text for piece in write_trace(question))
    else:
        text = _write_prose(question, rng)
    # half a pixel in, so that the way to the full image and back ends on the same pixel
    candidates = tuple(
        Candidate(number, _half_in(item.box).scaled(RESIZED, IMAGE), 1.0)
        for number, item in enumerate(question.candidates, 1)
    )
    wants_all = question.wants_all if rng.random() < 0.9 else not question.wants_all
    command = Command("a command", question.expression, question.category, wants_all)
    return AnswerCase(mutate(rng, text, MUTATORS), rng.random() < 0.9, command, candidates)


def check_answer(case: AnswerCase) -> str:
    """Return the outcome's name; BrokenPromiseError where it breaks what is promised."""
    try:
        answer = parse_answer(case.content, complete=case.complete, resized=RESIZED)
    except TruncatedAnswerError:
        return Outcome.TRUNCATED.name
    except UnparsableAnswerError:
        return Outcome.UNPARSABLE.name
    decision = decide(case.command, case.candidates, answer, image_size=IMAGE, resized=RESIZED)
    if decision.outcome is Outcome.FOUND:
        fault = breach(case.content, case.command, case.candidates, decision.boxes, IMAGE, RESIZED)
    else:
        fault = "boxes are handed out with another outcome than FOUND" if decision.boxes else ""
    if not decision.status_text.isprintable() or decision.status_text[-1:] not in (".", "?"):
        fault = "the status text is no sentence"
    if fault:
        raise BrokenPromiseError(fault)
    return decision.outcome.name


@cache
def _question(seed: int) -> Question:
    return draw_question(random_objects(seed), IMAGE, np.random.default_rng(seed))


def _half_in(box: Box) -> Box:
    return Box(*(edge + 0.5 for edge in box.as_tuple()))


def _write_prose(question: Question, rng: Random) -> str:
    """Answer in the freer form of a large model: marks of all kinds, boxes nearly copied."""
    noun = question.category.capitalize()
    most = rng.choice((MARKS[1], MARKS[1], MARKS[1], rng.choice(MARKS)))
    marks = [most] * len(question.candidates)
    for index in question.targets or range(rng.randrange(2) if marks else 0):
        marks[index] = MARKS[0]
    lines = [f"- {noun} {n}: as far as I see → {mark}\n" for n, mark in enumerate(marks, 1)]
    items = [
        f'{{"bbox_2d": {[int(e) + rng.randint(-1, 1) for e in item.box.as_tuple()]}, '
        f'"label": "{question.category}"}}'
        for item, mark in zip(question.candidates, marks, strict=True)
        if mark == MARKS[0]
    ]
    body = rng.choice(("json\n[{}]\n", "[{}]", "```json\n[{}]\n```")).format(", ".join(items))
    return (
        f"<think>OK, the user needs the {question.expression}.\n- Step 1: Find every {noun}.\n"
        f"# Step 1: Find every {noun}\nI see {len(marks)} of them.\n{''.join(lines)}"
        f"{HEADING}Let me check that all steps are consistent:\n{''.join(lines)}"
        f"</think><answer>{body if items else rng.choice((body, 'None'))}</answer>"
    )
