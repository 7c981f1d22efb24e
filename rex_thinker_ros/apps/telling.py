"""Reasoning and outcomes as text: coloured on a terminal, plain elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from rex_thinker_ros.apps.families import family
from rex_thinker_ros.referring.boxes import Box

STYLES = {"found": "green", "abstained": "yellow", "refused": "cyan", "failed": "red"}


class Telling:
    """Print steps, reasoning as it grows, and outcomes."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._console = Console(file=file, highlight=False, soft_wrap=True)
        self._said = ""

    def step(self, text: str) -> None:
        """Say what is being done."""
        self.print(Text(f"==> {text}", "bold"))

    def warning(self, text: str) -> None:
        """Say what the user should know of."""
        self.print(Text.assemble(("warning: ", "bold yellow"), text))

    def error(self, text: str) -> None:
        """Say what went wrong."""
        self.print(Text.assemble(("error: ", "bold red"), text))

    def begin(self, place: str, what: str) -> None:
        """Announce what comes next, and where in all of it that is."""
        self._said = ""
        self.print(Text.assemble("\n", (f"[{place}] ", "dim"), (what, "bold cyan")))

    def reasoning(self, text: str) -> None:
        """Print what is new in the reasoning, of which `text` is all so far.

        Another text begins on a line of its own: that of a later reading.
        """
        if not text.startswith(self._said):
            self.print(Text("\n"))
            self._said = ""
        self._console.print(Text(text[len(self._said) :], "dim"), end="")
        self._said = text

    def outcome(
        self, status: str, status_text: str, boxes: Sequence[Box], seconds: float | None,
        judgement: str = "",
    ) -> None:  # fmt: skip
        """End the reasoning and print how it ended; boxes are in full-image pixels."""
        if self._said and not self._said.endswith("\n"):
            self.print(Text())
        style = STYLES[family(status)]
        edges = "".join("  [{:.0f}, {:.0f}, {:.0f}, {:.0f}]".format(*b.as_tuple()) for b in boxes)
        duration = "" if seconds is None else f"  {seconds:.2f} s"
        self.print(
            Text.assemble(
                (status, f"bold {style}"), edges, (duration, "dim"), (judgement, "bold red")
            )
        )
        self.print(Text(status_text, style))

    def print(self, text: Text) -> None:
        """Print a line."""
        self._console.print(text)
