"""What a replay leaves: lines of JSON, JUnit XML for a CI, a table for people."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.apps.families import family
from rex_thinker_ros.apps.records import models_record
from rex_thinker_ros.apps.replaying.script import Cue
from rex_thinker_ros.apps.telling import STYLES

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Judged:
    """A command, its result, and what is not as expected."""

    cue: Cue
    result: Result
    faults: Sequence[str]

    @property
    def seconds(self) -> float:
        """Return how long the models took."""
        referral = self.result.referral
        return referral.detection_seconds + referral.reasoning_seconds if referral else 0.0

    def record(self) -> dict[str, Any]:
        """Return its line: boxes as [x0, y0, x1, y1] in full-image pixels, times in seconds."""
        result = self.result
        return {
            "at": self.cue.at, "say": self.cue.say, "camera": self.cue.camera,
            "status": result.outcome.name, "status_text": result.status_text,
            "faults": list(self.faults),
            "image_age": result.looked.age_seconds if result.looked else None,
            "expression": result.command.expression if result.command else "",
            "category": result.command.category if result.command else "",
            "boxes": [box.as_tuple() for box in result.boxes],
            **models_record(result.referral),
        }  # fmt: skip


def write_jsonl(path: Path, judged: Sequence[Judged]) -> None:
    """Write a line for each command."""
    lines = (json.dumps(one.record(), ensure_ascii=False) + "\n" for one in judged)
    path.write_text("".join(lines), encoding="utf-8")


def write_junit(path: Path, judged: Sequence[Judged], *, name: str) -> None:
    """Write each command as a test case of the suite `name`."""
    suite = ElementTree.Element(
        "testsuite", name=_xml(name), tests=str(len(judged)), errors="0", skipped="0",
        failures=str(sum(bool(one.faults) for one in judged)),
        time=f"{sum(one.seconds for one in judged):.3f}",
    )  # fmt: skip
    for one in judged:
        case = ElementTree.SubElement(
            suite, "testcase", classname=_xml(name), name=_xml(f"{one.cue.at:g} s: {one.cue.say}"),
            time=f"{one.seconds:.3f}",
        )  # fmt: skip
        text = f"{one.result.outcome.name}: {one.result.status_text}"
        if one.faults:
            failure = ElementTree.SubElement(case, "failure", message=_xml("; ".join(one.faults)))
            failure.text = _xml(text)
        ElementTree.SubElement(case, "system-out").text = _xml(text)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def terminal_table(judged: Sequence[Judged]) -> Table:
    """Return a table for rich to print."""
    table = Table("at", "command", "status", "models", "as expected")
    table.columns[0].justify = table.columns[3].justify = "right"
    for one in judged:
        status = one.result.outcome.name
        verdict = "[red]" + "\n".join(one.faults) if one.faults else "[green]yes"
        table.add_row(
            f"{one.cue.at:g} s", one.cue.say, f"[{STYLES[family(status)]}]{status}",
            f"{one.seconds:.2f} s", verdict,
        )  # fmt: skip
    return table


def _xml(text: str) -> str:
    """Return text without the characters that XML has no form for."""
    return _NOT_IN_XML.sub("�", text)
