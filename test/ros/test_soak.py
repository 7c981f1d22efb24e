"""A short soak; the long one is a command of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def test_a_short_soak_loses_nothing() -> None:
    run = subprocess.run(
        [sys.executable, str(SOAK), "--minutes", "0.1", "--seed", "1"],
        check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "commands: 6, results: 6" in run.stdout
    assert "without a result: 0, with several: 0" in run.stdout
