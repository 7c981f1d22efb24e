"""The files that a run leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

from rex_thinker_ros.apps.entry import Entry
from rex_thinker_ros.apps.pictures import write_picture
from rex_thinker_ros.apps.report import write_report
from rex_thinker_ros.apps.results import Result


class OutputFolder:
    """Write results.jsonl and frames/NN.png as the results come, and report.html at the end.

    What an earlier run left under these names is removed first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "node.log"
        self.entries: list[Entry] = []
        self._frames = path / "frames"
        self._lines = path / "results.jsonl"
        self._report = path / "report.html"
        self._frames.mkdir(parents=True, exist_ok=True)
        for old in (*self._frames.glob("[0-9][0-9].png"), self._report):
            old.unlink(missing_ok=True)
        self._lines.write_text("")

    def add(self, result: Result) -> None:
        """Write a result and the frame that was decided on."""
        self.entries.append(result.entry())
        with self._lines.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(result.record(), ensure_ascii=False) + "\n")
        if result.picture is not None:
            write_picture(self._frames / f"{result.number:02d}.png", result.picture)

    def finish(self, model: str) -> None:
        """Write the report; `model` names the profile."""
        write_report(self._report, self.entries, model=model)
