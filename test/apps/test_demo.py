"""The demo as its user runs it: the real node, the embedded models, the bundled bag."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PATIENCE = 180.0  # seconds; only a hang takes that long
COMMANDS = 6


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rex_thinker_ros.apps.demo", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("demo")
    process = start("--out", out, "--only", str(COMMANDS))
    text, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, text
    return out, text


def test_every_command_gets_its_terminal_result(run: tuple[Path, str]) -> None:
    lines = (run[0] / "results.jsonl").read_text(encoding="utf-8").splitlines()
    results = [json.loads(line) for line in lines]
    assert len(results) == COMMANDS
    assert len({result["id"] for result in results}) == COMMANDS
    for result in results:
        assert result["command"] in run[1]
        assert result["status"] in run[1]
        assert result["seconds"] > 0


def test_the_truth_judges_the_answers(run: tuple[Path, str]) -> None:
    lines = (run[0] / "results.jsonl").read_text(encoding="utf-8").splitlines()
    results = [json.loads(line) for line in lines]
    for result in results:
        same = result["status"] == result["expected_status"]
        fits = len(result["boxes"]) == len(result["expected_boxes"])
        assert not result["correct"] or (same and fits)
        assert bool(result["expected_boxes"]) == (result["expected_status"] == "FOUND")
    # the camera moves, so that each run is decided on other frames
    assert sum(result["correct"] for result in results) >= COMMANDS - 2


def test_every_frame_that_was_decided_on_is_kept(run: tuple[Path, str]) -> None:
    lines = (run[0] / "results.jsonl").read_text(encoding="utf-8").splitlines()
    examined = [json.loads(line)["status"] != "INVALID_COMMAND" for line in lines]
    frames = {path.name for path in (run[0] / "frames").iterdir()}
    assert frames == {f"{i:02d}.png" for i, looked in enumerate(examined, 1) if looked}
    page = (run[0] / "report.html").read_text(encoding="utf-8")
    assert page.count("<article") == COMMANDS
    assert page.count("data:image/jpeg") == sum(examined)


def test_a_node_that_cannot_start_is_shown_with_its_log(tmp_path: Path) -> None:
    process = start("--out", tmp_path, "--model", "no_such_model")
    text, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "no_such_model" in text
    assert "The node ended with exit code 1" in text


def test_interrupting_the_demo_stops_the_node(tmp_path: Path) -> None:
    process = start("--out", tmp_path)
    assert process.stdout
    for line in process.stdout:
        if line.startswith("[1/"):
            break
    os.kill(process.pid, signal.SIGINT)
    text, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGINT, text
    log = (tmp_path / "node.log").read_text()
    assert "Ready for commands" in log
    assert not _runs_with(str(tmp_path / "node.log"))


def _runs_with(path: str) -> bool:
    """Tell whether a process has this file open."""
    for link in Path("/proc").glob("[0-9]*/fd/1"):
        try:
            if str(link.readlink()) == path:
                return True
        except OSError:
            continue
    return False
