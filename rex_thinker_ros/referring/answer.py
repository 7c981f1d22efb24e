"""Reading what the model wrote: text in, structure or a typed error out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Verdict
from rex_thinker_ros.referring.place import Place, read_place

MARKED_VERDICTS = {"✅": Verdict.MATCH, "❌": Verdict.NO_MATCH, "⚠": Verdict.UNSURE}
MARK = re.compile("([✅❌⚠])\ufe0f?")
"""A mark, with the selector of its colourful form if it has one."""

_FLAGS = re.IGNORECASE | re.MULTILINE
_LINE = r"^[ \t]*(?:<think>[ \t]*)?"
_SUMMARY = re.compile(_LINE + r"#+[ \t]*summarize and re-?check answer.*$", _FLAGS)
_PLAN_STEP = re.compile(_LINE + r"-[ \t]*step[ \t]+[0-9]+[ \t]*:(.+)$", _FLAGS)
_EVALUATION = re.compile(_LINE + r"#+[ \t]*step\b", _FLAGS)
_LABEL_NUMBER = re.compile(r"(?<![0-9])([0-9]{1,4})\W*$")
_WRITTEN_BOX = re.compile(r"\[[^\]\n]*\]")
_FORMAT = re.compile(r"json\b\s*", re.IGNORECASE)
_FENCED = re.compile(r"```(.*?)```(?:(?!\bnone\b)[^`\[\]{}])*", re.DOTALL | re.IGNORECASE)
"""One fenced block; what follows it must not be able to be another answer."""


class AnswerError(ValueError):
    """Say why a text holds no usable answer; the base of the two below."""


class UnparsableAnswerError(AnswerError):
    """Say what in a complete text is not in the answer's format."""


class TruncatedAnswerError(AnswerError):
    """Say that the text was cut off before its answer ended."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold the summary's mark on one candidate and its reason."""

    verdict: Verdict
    note: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Hold the plan's steps, and the judgements by candidate number.

    described are the candidates that the evaluation, before the summary, only ever marks as a
    match: those that fit the description, of which an order may single out one later. said is what
    the evaluation says of each candidate, by number. places are what it says stands where, but for
    the candidates.
    """

    plan: tuple[str, ...]
    judgements: Mapping[int, Judgement]
    described: frozenset[int] = frozenset()
    said: Mapping[int, str] = field(default_factory=dict)
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold the reasoning, and the answer's boxes in resized pixels, in the order written."""

    reasoning: Reasoning
    boxes: tuple[Box, ...]


def parse_answer(text: str, *, complete: bool, resized: Size) -> Answer:
    """Read a model's text.

    complete says whether the model ended by itself; boxes are clipped to the resized image.
    Raises TruncatedAnswerError if it did not end by itself and the answer is not over, and
    UnparsableAnswerError for everything else that is not the format, several different answers
    included. A repeated answer counts once. Judgements are read from the summary only.
    """
    over = is_over(text)
    if not complete and not over:
        raise TruncatedAnswerError("the model's text was cut off before the end of its answer")
    thought = _thought(text)
    rest = text[len(thought) :]
    # reasoning that was left open may end with the answer, but not go on after it
    if not over and "</answer>" in rest and not rest.rstrip().endswith("</answer>"):
        raise UnparsableAnswerError("the model's answer stands within its reasoning")
    sections = [section.partition("</answer>")[0] for section in rest.split("<answer>")[1:]]
    if not sections:
        raise UnparsableAnswerError("the model's text has no <answer> section")
    answers = [_parse_boxes(section, resized) for section in sections]
    if any(answer != answers[0] for answer in answers):
        raise UnparsableAnswerError(f"the model gave {len(answers)} answers that differ")
    start, end = summary_span(text)
    heading = _EVALUATION.search(text, 0, start)
    evaluation = text[heading.start() : start] if heading else ""
    said = _parse_said(evaluation)
    reasoning = Reasoning(
        _parse_plan(thought),
        _parse_summary(text[start:end]),
        _described(said),
        said,
        tuple(place for line in evaluation.split("\n") if (place := _parse_place(line))),
    )
    return Answer(reasoning, answers[0])


def is_over(text: str) -> bool:
    """Tell whether the answer is closed; what stands within the reasoning is none.

    Reasoning that was opened and not closed may go on, whatever it mentions.
    """
    thought = _thought(text)
    rest = text[len(thought) :]
    still_thinking = "<think>" in thought and not rest.startswith("</think>")
    return "</answer>" in rest and not still_thinking


def summary_span(text: str) -> tuple[int, int]:
    """Return where the summary starts and ends that the answer was written from: the last one.

    It ends with the reasoning; both are that end where there is none.
    """
    end = len(_thought(text))
    headings = list(_SUMMARY.finditer(text, 0, end))
    return (headings[-1].end() if headings else end, end)


def _thought(text: str) -> str:
    """Return the reasoning; where it was not closed, the answer ends it."""
    thought, closed, _ = text.partition("</think>")
    return thought if closed else text.partition("<answer>")[0]


def _parse_plan(thought: str) -> tuple[str, ...]:
    evaluation = _EVALUATION.search(thought)
    plan = thought[: evaluation.start()] if evaluation else thought
    return tuple(match[1].strip() for match in _PLAN_STEP.finditer(plan))


def _parse_summary(summary: str) -> dict[int, Judgement]:
    """Return the judgements; a candidate that is marked twice and differently is unsure."""
    judgements: dict[int, Judgement] = {}
    for line in summary.split("\n"):
        label, _, reason = line.partition(":")
        number = _LABEL_NUMBER.search(label)
        marks = MARK.findall(reason)
        if not number or not marks:
            continue
        verdict = MARKED_VERDICTS[marks[-1]]
        note = MARK.sub("", reason).strip(" \t\r→-.")
        earlier = judgements.get(int(number[1]))
        if earlier and earlier.verdict is not verdict:
            verdict, note = Verdict.UNSURE, f"{earlier.note}; {note}"
        judgements[int(number[1])] = Judgement(verdict, note)
    return judgements


def _parse_said(evaluation: str) -> dict[int, str]:
    """Return what is said of each candidate, without its box; several lines are joined."""
    said: dict[int, str] = {}
    for line in evaluation.split("\n"):
        label, _, reason = _WRITTEN_BOX.sub("", line).partition(":")
        number = None if _EVALUATION.match(line) else _LABEL_NUMBER.search(label)
        if number:
            said[int(number[1])] = f"{said.get(int(number[1]), '')} {reason.strip()}".lstrip()
    return said


def _described(said: Mapping[int, str]) -> frozenset[int]:
    marks = {
        number: {MARKED_VERDICTS[mark] for mark in MARK.findall(text)}
        for number, text in said.items()
    }
    return frozenset(number for number, all_of in marks.items() if all_of == {Verdict.MATCH})


def _parse_place(line: str) -> Place | None:
    label, colon, _ = _WRITTEN_BOX.sub("", line).partition(":")
    return None if colon and _LABEL_NUMBER.search(label) else read_place(line)


def _parse_boxes(section: str, resized: Size) -> tuple[Box, ...]:
    body = _without_format(section)
    fenced = _FENCED.fullmatch(body)
    body = _without_format(fenced[1]) if fenced else body
    if body.lower().rstrip(".") == "none":
        return ()
    try:
        items = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UnparsableAnswerError(f"the model's answer is not JSON: {error}") from None
    if not isinstance(items, list):
        raise UnparsableAnswerError("the model's answer is not a list of boxes")
    return tuple(_parse_box(item, resized) for item in items)


def _without_format(text: str) -> str:
    """Return a text without the name of its format, which may stand before it."""
    text = text.strip()
    named = _FORMAT.match(text)
    return text[named.end() :] if named else text


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a coordinate")


def _parse_box(item: Any, resized: Size) -> Box:
    edges = item.get("bbox_2d") if isinstance(item, dict) else None
    if (
        not isinstance(edges, list)
        or len(edges) != 4
        or not all(type(edge) in (int, float) for edge in edges)
    ):
        raise UnparsableAnswerError("an item of the model's answer has no bbox_2d of four numbers")
    x0, y0, x1, y1 = edges
    if x1 < x0 or y1 < y0:
        raise UnparsableAnswerError("a box of the model's answer has its edges in the wrong order")
    # clipped before they become floats: JSON integers have no upper end
    return Box(
        float(min(max(x0, 0), resized.width)),
        float(min(max(y0, 0), resized.height)),
        float(min(max(x1, 0), resized.width)),
        float(min(max(y1, 0), resized.height)),
    )
