"""What a reasoner's text will go on with, as far as its form foretells it."""

from __future__ import annotations

import json
import re

from rex_thinker_ros.referring.answer import MARK
from rex_thinker_ros.referring.prompt import Prompt

_THOUGHT_END = "</think>"
_MATCH = "✅"


def foresee(text: str, prompt: Prompt) -> str:
    """Return what is likely to follow the text, empty where its form says nothing.

    Known are the numbers of the candidates and their boxes, line after line, and the answer: the
    hint's boxes of all candidates whose last mark is a match. It is a guess, to be verified.
    """
    if _THOUGHT_END in text:
        return _rest(_THOUGHT_END + text.rpartition(_THOUGHT_END)[2], _answer(text, prompt))
    before, _, line = text.rpartition("\n")
    return _rest(line, _line(before, prompt))


def _line(before: str, prompt: Prompt) -> str:
    """Return how the line after some others begins: with the first or the next candidate."""
    above = before.rpartition("\n")[2]
    name = prompt.category.capitalize()
    found = re.match(rf"- {re.escape(name)} ([0-9]{{1,3}})( \[[^\]]*\]: |)", above)
    if found:
        number, boxed = int(found[1]) + 1, bool(found[2])
    elif above.startswith("#"):
        number, boxed = 1, f"- {name} 1" not in before
    else:
        return ""
    if number > len(prompt.hint_boxes):
        return ""
    box = f" {list(prompt.hint_boxes[number - 1])}: " if boxed else ""
    return f"- {name} {number}{box}"


def _rest(begun: str, whole: str) -> str:
    return whole[len(begun) :] if whole.startswith(begun) else ""


def _answer(text: str, prompt: Prompt) -> str:
    name = re.escape(prompt.category.capitalize())
    marks: dict[int, str] = {}
    for line in text.splitlines():
        about = re.match(rf"- {name} ([0-9]{{1,3}})\b", line)
        mark = MARK.search(line)
        if about and mark:
            marks[int(about[1])] = mark[1]
    objects = [
        {"bbox_2d": list(box), "label": prompt.category}
        for number, box in enumerate(prompt.hint_boxes, 1)
        if marks.get(number) == _MATCH
    ]
    return f"{_THOUGHT_END}<answer>json\n{json.dumps(objects)}\n</answer>"
