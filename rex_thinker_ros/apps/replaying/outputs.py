"""What a replay leaves: lines of JSON, JUnit XML for a CI, a table for people."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from rex_thinker_ros.apps.families import family
from rex_thinker_ros.apps.replaying.judged import Judged
from rex_thinker_ros.apps.telling import STYLES

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_jsonl(path: Path, judged: Sequence[Judged]) -> None:
    """Write a line for each command."""
    lines = (json.dumps(one.record(), ensure_ascii=False) + "\n" for one in judged)
    path.write_text("".join(lines), encoding="utf-8")


def write_junit(path: Path, judged: Sequence[Judged], *, name: str) -> None:
    """Write each command as a test case of the suite `name`."""
    suite = ElementTree.Element(
        "testsuite", name=_xml(name), tests=str(len(judged)), errors="0", skipped="0",
        failures=str(sum(bool(one.faults) for one in judged)),
        time=f"{sum(one.answer.seconds for one in judged):.3f}",
    )  # fmt: skip
    for one in judged:
        case = ElementTree.SubElement(
            suite, "testcase", classname=_xml(name), name=_xml(f"{one.cue.at:g} s: {one.cue.say}"),
            time=f"{one.answer.seconds:.3f}",
        )  # fmt: skip
        text = f"{one.answer.outcome.name}: {one.answer.status_text}"
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
        status = one.answer.outcome.name
        verdict = "[red]" + "\n".join(one.faults) if one.faults else "[green]yes"
        table.add_row(
            f"{one.cue.at:g} s", one.cue.say, f"[{STYLES[family(status)]}]{status}",
            f"{one.answer.seconds:.2f} s", verdict,
        )  # fmt: skip
    return table


def _xml(text: str) -> str:
    """Return text without the characters that XML has no form for."""
    return _NOT_IN_XML.sub("�", text)
