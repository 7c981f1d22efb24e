"""What a reasoner's text will go on with, as far as its form foretells it."""

from __future__ import annotations

import re
from functools import lru_cache

from rex_thinker_ros.referring.foreseen_answer import THOUGHT_END, answer_of
from rex_thinker_ros.referring.foreseen_form import foresee_form
from rex_thinker_ros.referring.prompt import Prompt
from rex_thinker_ros.referring.reasoning_form import SUMMARY

_PLAN_STEP = re.compile(r"^(?:<think>)?- Step ([0-9]{1,3}): (.+)$", re.MULTILINE)
_HEADING = re.compile(r"^# Step ([0-9]{1,3}):", re.MULTILINE)


@lru_cache(maxsize=8)  # a drafter asks about the same text again
def foresee(text: str, prompt: Prompt) -> str:
    """Return what is likely to follow the text, empty where its form says nothing.

    Of a text that our training taught all is known that the prompt and the text tell. Of others
    known are the numbers of the candidates and their boxes, line after line, the headings, which
    repeat the plan, and the answer: the hint's boxes of all candidates whose last mark is a match.
    It is a guess, to be verified.
    """
    if own := foresee_form(text, prompt):
        return own
    if THOUGHT_END in text:
        return _rest(THOUGHT_END + text.rpartition(THOUGHT_END)[2], answer_of(text, prompt))
    before, _, line = text.rpartition("\n")
    return _rest(line, _lines(before, prompt))


def _lines(before: str, prompt: Prompt) -> str:
    """Return how the text goes on after some whole lines."""
    above = before.rpartition("\n")[2]
    name = prompt.category.capitalize()
    summarized = SUMMARY.strip() in before
    found = re.match(rf"- {re.escape(name)} ([0-9]{{1,3}})( \[[^\]]*\]: |)", above)
    if above.startswith("#"):
        if f"- {name} 1" in before and not summarized:
            return ""
        number, boxed = 1, not summarized
    elif found:
        number, boxed = int(found[1]) + 1, bool(found[2])
    else:
        return ""
    if number <= len(prompt.hint_boxes):
        box = f" {list(prompt.hint_boxes[number - 1])}: " if boxed else ""
        return f"- {name} {number}{box}"
    if summarized:
        return answer_of(before, prompt)
    return _heading(before) if boxed else ""


def _heading(before: str) -> str:
    """Return the heading of the plan's next step, or that of the summary after its last one."""
    done = max(map(int, _HEADING.findall(before)), default=0)
    steps = {int(number): title for number, title in _PLAN_STEP.findall(before)}
    title = steps.get(done + 1)
    return SUMMARY if title is None else f"# Step {done + 1}: {title}\n"


def _rest(begun: str, whole: str) -> str:
    return whole[len(begun) :] if whole.startswith(begun) else ""
