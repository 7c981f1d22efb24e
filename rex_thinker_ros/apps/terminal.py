"""What the demo says: coloured on a terminal, plain elsewhere."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from rex_thinker_ros.apps.families import family
from rex_thinker_ros.apps.results import Result
from rex_thinker_ros.apps.summary import Summary

_STYLES = {"found": "green", "abstained": "yellow", "refused": "cyan", "failed": "red"}


class Terminal:
    """Print steps, commands, reasoning as it grows, and results."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._said = ""

    def step(self, text: str) -> None:
        """Say what is being done."""
        self._print(Text(f"==> {text}", "bold"))

    def error(self, text: str) -> None:
        """Say what went wrong."""
        self._print(Text.assemble(("error: ", "bold red"), text))

    def command(self, number: int, total: int, sentence: str) -> None:
        """Announce a command."""
        self._said = ""
        self._print(Text.assemble("\n", (f"[{number}/{total}] ", "dim"), (sentence, "bold cyan")))

    def reasoning(self, text: str) -> None:
        """Print what is new in the reasoning, of which `text` is all so far."""
        if text.startswith(self._said):
            self._console.print(Text(text[len(self._said) :], "dim"), end="")
            self._said = text

    def result(self, result: Result) -> None:
        """Print the rest of the reasoning, then the outcome."""
        self.reasoning(result.reasoning)
        if self._said and not self._said.endswith("\n"):
            self._print(Text())
        style = _STYLES[family(result.status)]
        seconds = "" if result.seconds is None else f"  {result.seconds:.2f} s"
        boxes = "".join(
            "  [{:.0f}, {:.0f}, {:.0f}, {:.0f}]".format(*b.as_tuple()) for b in result.boxes
        )
        judgement = "" if result.correct else f"  (expected {_expected(result)})"
        self._print(
            Text.assemble(
                (result.status, f"bold {style}"), boxes, (seconds, "dim"), (judgement, "bold red")
            )
        )
        self._print(Text(result.status_text, style))

    def summary(self, summary: Summary, folder: Path) -> None:
        """Print the counts and where the files are."""
        median = summary.median_seconds
        seconds = "" if median is None else f", median {median:.2f} s"
        self._print(Text())
        self.step(
            f"{summary.commands} commands, {summary.answered} answered, "
            f"{summary.correct} as expected{seconds}"
        )
        for status, count in summary.by_status:
            self._print(Text(f"    {count:3d}  {status}", _STYLES[family(status)]))
        self.step(f"Look at {folder / 'report.html'}; the figures are in results.jsonl beside it.")

    def _print(self, text: Text) -> None:
        self._console.print(text)


def _expected(result: Result) -> str:
    if result.status != result.expected_status:
        return result.expected_status
    return "other boxes"
