"""A recorded run can be replayed, and watched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from node_process import PATIENCE, ROOT
from PIL import Image
from rendering import NO_RENDERING, can_render

if not can_render():
    pytest.skip(NO_RENDERING, allow_module_level=True)

SAID = ("pick up the rightmost block", "hand me the spoon")


def test_a_run_in_the_terminal_is_recorded_and_replayed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    words = [part for sentence in SAID for part in ("--say", sentence)]
    run = _python("tabletop", "--scene", "1009", "--record", folder, "--out", tmp_path, *words)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "robot: I hold the block: block-8." in run.stdout
    assert (tmp_path / "seen.png").is_file()
    with Image.open(folder / "film.gif") as film:
        assert getattr(film, "n_frames", 1) > 5
    rows = tmp_path / "rows.jsonl"
    replay = _python(
        "replay", folder / "bag", folder / "commands.yaml", "--model", "demo", "--jsonl", rows
    )
    assert replay.returncode == 0, replay.stdout + replay.stderr
    statuses = [json.loads(line)["status"] for line in rows.read_text().splitlines()]
    assert statuses == ["FOUND", "NO_CANDIDATES"]


def _python(app: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"rex_thinker_ros.apps.{app}", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
    )
