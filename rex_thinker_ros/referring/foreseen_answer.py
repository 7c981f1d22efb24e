"""The answer that follows from the marks of a reasoning."""

from __future__ import annotations

import json
import re

from rex_thinker_ros.referring.answer import MARK
from rex_thinker_ros.referring.prompt import Prompt

THOUGHT_END = "</think>"
_MATCH = "✅"


def answer_of(text: str, prompt: Prompt) -> str:
    """Return how a text ends whose reasoning is over: the hint's boxes of what it marks last."""
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
    return f"{THOUGHT_END}<answer>json\n{json.dumps(objects)}\n</answer>"
