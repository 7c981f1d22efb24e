"""What FOUND promises, checked against the model's text without the code that decides.

Written from the contract of `decide`, and meant to stay apart from it: the text is read, boxes are
compared and positions are counted here by plainer means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import Command

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
HEADINGS = ("summarize and re-check answer", "summarize and recheck answer")


def breach(
    text: str,
    command: Command,
    candidates: Sequence[Candidate],
    boxes: Sequence[Box],
    image_size: Size,
    resized: Size,
) -> str:
    """Return what is wrong with boxes that were handed out as FOUND, "" if nothing is.

    boxes and those of the candidates are in full-image pixels, those in the text in resized ones.
    """
    by_box = {candidate.box: candidate for candidate in candidates}
    if not boxes or any(box not in by_box for box in boxes):
        return "a box is handed out that is no candidate's"
    chosen = [by_box[box].number for box in boxes]
    if len(set(chosen)) != len(chosen):
        return "a candidate is handed out twice"
    if len(chosen) > 1 and not command.wants_all:
        return "several are handed out, and one was asked for"
    return (
        _against_marks(marks_of(text), chosen, [candidate.number for candidate in candidates])
        or _against_answer(answer_of(text), boxes, image_size, resized)
        or _against_order(command, boxes, [candidate.box for candidate in candidates])
    )


def marks_of(text: str) -> dict[int, set[str]]:
    """Return what the last summary of the reasoning says of each candidate: one mark a line."""
    thought, end, rest = text.partition("</think>")
    if not end or not rest:
        thought = text.split("<answer>")[0]
    lines = thought.split("\n")
    headings = [number for number, line in enumerate(lines) if _is_heading(line)]
    marks: dict[int, set[str]] = {}
    for line in lines[headings[-1] + 1 :] if headings else ():
        label, _, reason = line.partition(":")
        while label and not (label[-1].isalnum() or label[-1] == "_"):
            label = label[:-1]
        digits = ""
        while label and label[-1] in "0123456789":
            digits, label = label[-1] + digits, label[:-1]
        written = [sign for sign in reason if sign in "✅❌⚠"]
        if written and 1 <= len(digits) <= 4:
            marks.setdefault(int(digits), set()).add(written[-1])
    return marks


def _is_heading(line: str) -> bool:
    line = line.strip(" \t").casefold()
    title = line.removeprefix("<think>").lstrip(" \t")
    return title.startswith("#") and title.lstrip("#").lstrip(" \t").startswith(HEADINGS)


def answer_of(text: str) -> list[list[float]]:
    """Return the different boxes of the last answer section, as they are written."""
    section = text.rpartition("<answer>")[2].partition("</answer>")[0]
    items = json.loads(section[section.index("[") : section.rindex("]") + 1])
    edges = [item["bbox_2d"] for item in items]
    return [box for position, box in enumerate(edges) if box not in edges[:position]]


def _against_marks(marks: dict[int, set[str]], chosen: list[int], numbers: list[int]) -> str:
    if sorted(marks) != numbers:
        return "a candidate is not judged, or one that does not exist is"
    if any(len(said) > 1 or "⚠" in said for said in marks.values()):
        return "the model is unsure about a candidate"
    if {number for number, said in marks.items() if said == {"✅"}} != set(chosen):
        return "those handed out are not those marked as matching"
    return ""


def _against_answer(
    answer: list[list[float]], boxes: Sequence[Box], image_size: Size, resized: Size
) -> str:
    width, height = resized.width, resized.height
    clipped = [
        tuple(min(max(edge, 0), (width, height)[axis % 2]) for axis, edge in enumerate(box))
        for box in answer
    ]
    clipped = list(dict.fromkeys(clipped))
    if len(clipped) != len(boxes):
        return "the answer has another number of boxes"
    across, down = width / image_size.width, height / image_size.height
    for (x0, y0, x1, y1), box in zip(clipped, boxes, strict=True):
        hint = (box.x0 * across, box.y0 * down, box.x1 * across, box.y1 * down)
        a, b, c, d = (min(int(edge), (width, height)[i % 2] - 1) for i, edge in enumerate(hint))
        shared = max(min(x1, c) - max(x0, a), 0) * max(min(y1, d) - max(y0, b), 0)
        union = (x1 - x0) * (y1 - y0) + (c - a) * (d - b) - shared
        if 2 * shared < union:
            return "a box that is handed out overlaps too little with the one in the answer"
    return ""


def _against_order(command: Command, boxes: Sequence[Box], every: Sequence[Box]) -> str:
    """Count from a side where no two boxes share a column; a description lets others come first."""
    order = re.fullmatch(
        rf"(?:(leftmost|rightmost)|({'|'.join(ORDINALS)})) (?:(\w+) )?{command.category}"
        r"(?: from (?:the )?(left|right))?",
        command.expression,
    )
    if not order or bool(order[2]) != bool(order[4]) or command.wants_all:
        return ""
    ranked = sorted(every, key=lambda box: box.x0)
    if any(box.x1 > after.x0 for box, after in pairwise(ranked)):
        return ""
    if "right" in (order[4] or order[1]):
        ranked.reverse()
    place, asked = ranked.index(boxes[0]), ORDINALS.index(order[2]) if order[2] else 0
    if place < asked or (place > asked and not order[3]):
        return "the one handed out stands at another place than the one asked for"
    return ""
