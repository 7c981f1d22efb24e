"""What the demo prints where nobody can see colours."""

from __future__ import annotations

import pytest

from rex_thinker_ros.apps.results import Result
from rex_thinker_ros.apps.terminal import Terminal
from rex_thinker_ros.referring.boxes import Box


def test_reasoning_is_printed_once_as_it_grows(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.command(1, 2, "hand me [bold] the mug")
    for text in ("<think>", "<think>- Step", "<think>- Step 1"):
        terminal.reasoning(text)
    result = Result(
        1, "hand me [bold] the mug", "NO_MATCH", (), False,
        status="FOUND", status_text="Found it.", boxes=(Box(1, 2, 3, 4),),
        reasoning="<think>- Step 1</think>", seconds=1.234,
    )  # fmt: skip
    terminal.result(result)
    assert capsys.readouterr().out.splitlines() == [
        "",
        "[1/2] hand me [bold] the mug",
        "<think>- Step 1</think>",
        "FOUND  [1, 2, 3, 4]  1.23 s  (expected NO_MATCH)",
        "Found it.",
    ]


def test_a_later_reading_begins_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.command(1, 1, "the mug")
    for text in ("<think>- Mug", "<think>- Mug 1</think>", "<think>", "<think>- Mug 2</think>"):
        terminal.reasoning(text)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == ["<think>- Mug 1</think>", "", "<think>- Mug 2</think>"]
