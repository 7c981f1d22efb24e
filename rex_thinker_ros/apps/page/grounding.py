"""Which candidates each line of the reasoning is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rex_thinker_ros.referring.answer import MARK, MARKED_VERDICTS
from rex_thinker_ros.referring.candidate import Verdict
from rex_thinker_ros.referring.prompt import HintBox

_UNFINISHED_TAG = re.compile(r"<[^>\s]*$")
_ANSWER = re.compile(r"<answer>\s*(?:json\b)?", re.IGNORECASE)
_TAG = re.compile(r"</?(?:think|answer)>")
_HEADING = re.compile(r"#+\s*(.+)")
_LABEL = re.compile(
    r"[-*\s]*(?P<words>[^:\[\]]*?)\s*#?(?P<number>[0-9]{1,4})\**\s*(?:\[[^\]]*\])?\**\s*:"
)
_BOX = re.compile(r"\[\s*([0-9]+)\s*,\s*([0-9]+)\s*,\s*([0-9]+)\s*,\s*([0-9]+)\s*\]")
_NUMBERS = r"#?[0-9]{1,4}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+)#?[0-9]{1,4})*"


@dataclass(frozen=True, slots=True)
class Line:
    """Hold a line of the model's text, and the numbers of the candidates that it is about.

    verdict is its mark, UNKNOWN if it has none or is not about a single candidate.
    """

    text: str
    is_heading: bool = False
    candidates: tuple[int, ...] = ()
    verdict: Verdict = Verdict.UNKNOWN


def ground(text: str, category: str, boxes: Sequence[HintBox]) -> tuple[Line, ...]:
    """Return the lines of the model's text so far, without its tags and empty lines.

    boxes are the candidates', as the model was told them. A line is about the candidate of its
    label ("- Mug 2: ..."), else about those that it names ("mugs 1 and 3"), else about those whose
    boxes it repeats, as the answer does.
    """
    text = _ANSWER.sub("\n# Answer\n", _UNFINISHED_TAG.sub("", text))
    lines = (line.strip() for line in _TAG.sub("", text).splitlines())
    names = re.compile(rf"\b(?:{re.escape(category)}|candidate)s?\s+({_NUMBERS})\b", re.IGNORECASE)
    return tuple(_read(line, names, boxes) for line in lines if line)


def latest_verdicts(lines: Sequence[Line]) -> Mapping[int, Verdict]:
    """Return the last mark on each candidate that has one."""
    return {
        line.candidates[0]: line.verdict for line in lines if line.verdict is not Verdict.UNKNOWN
    }


def _read(line: str, names: re.Pattern[str], boxes: Sequence[HintBox]) -> Line:
    if heading := _HEADING.fullmatch(line):
        return Line(heading[1], is_heading=True)
    about = _labelled(line) or _named(line, names)
    known = tuple(number for number in about if 1 <= number <= len(boxes)) or _repeated(line, boxes)
    marks = MARK.findall(line)
    if len(known) != 1 or not marks:
        return Line(line, candidates=known)
    return Line(line, candidates=known, verdict=MARKED_VERDICTS[marks[-1]])


def _labelled(line: str) -> tuple[int, ...]:
    """Return the candidate whose evaluation this is; steps of the plan count by themselves."""
    label = _LABEL.match(line)
    if not label or not label["words"] or label["words"].lower() == "step":
        return ()
    return (int(label["number"]),)


def _named(line: str, names: re.Pattern[str]) -> tuple[int, ...]:
    numbers = [int(n) for name in names.finditer(line) for n in re.findall(r"[0-9]+", name[1])]
    return tuple(dict.fromkeys(numbers))


def _repeated(line: str, boxes: Sequence[HintBox]) -> tuple[int, ...]:
    written = {tuple(map(int, box.groups())) for box in _BOX.finditer(line)}
    return tuple(number for number, box in enumerate(boxes, 1) if box in written)
