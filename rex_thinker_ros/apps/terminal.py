"""What the demo says."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from rex_thinker_ros.apps.families import family
from rex_thinker_ros.apps.results import Result
from rex_thinker_ros.apps.summary import Summary
from rex_thinker_ros.apps.telling import STYLES, Telling


class Terminal(Telling):
    """Print commands, their results beside what was expected, and the counts at the end."""

    def command(self, number: int, total: int, sentence: str) -> None:
        """Announce a command."""
        self.begin(f"{number}/{total}", sentence)

    def result(self, result: Result) -> None:
        """Print the rest of the reasoning, then the outcome."""
        self.reasoning(result.reasoning)
        judgement = f"  ({result.complaint})" if result.complaint else ""
        self.outcome(result.status, result.status_text, result.boxes, result.seconds, judgement)

    def summary(self, summary: Summary, folder: Path) -> None:
        """Print the counts and where the files are."""
        median = summary.median_seconds
        seconds = "" if median is None else f", median {median:.2f} s"
        self.print(Text())
        self.step(
            f"{summary.commands} commands, {summary.answered} answered, "
            f"{summary.correct} as expected{seconds}"
        )
        for status, count in summary.by_status:
            self.print(Text(f"    {count:3d}  {status}", STYLES[family(status)]))
        self.step(f"Look at {folder / 'report.html'}; the figures are in results.jsonl beside it.")
