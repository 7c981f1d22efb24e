"""What a run leaves behind while it goes on: curves, and the state to go on from."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from rex_thinker_ros.user_error import UserError

CURVES = "curves.jsonl"
STATE = "state.pt"


class Progress:
    """A folder with curves.jsonl, and with state.pt if the run can be resumed."""

    def __init__(self, folder: Path, settings: Mapping[str, Any], *, resume: bool) -> None:
        """Take the folder; UserError if resuming and what it holds do not fit."""
        self.folder = folder
        self._settings = settings
        self._began = time.monotonic()
        self.state: dict[str, Any] | None = None
        there = (folder / STATE).exists()
        if there and not resume:
            raise UserError(f"{folder} holds a run: give --resume to go on, or another output")
        if resume and not there:
            raise UserError(f"{folder} holds no {STATE} to go on from: start without --resume")
        folder.mkdir(parents=True, exist_ok=True)
        if resume:
            self.state = torch.load(folder / STATE, map_location="cpu", weights_only=True)
            self._refuse_other(self.state["settings"])
            self._forget_later(self.state["stage"], self.state["step"])
        else:
            (folder / CURVES).unlink(missing_ok=True)

    def _refuse_other(self, earlier: dict[str, Any]) -> None:
        changed = _changed(earlier, self._settings)
        if changed:
            raise UserError(
                f"{self.folder} holds a run with another {', '.join(changed)}: put that back, or "
                "choose another output"
            )

    def _forget_later(self, stage: str, step: int) -> None:
        """Drop the lines of steps that were lost, and will be done again."""
        curves = self.folder / CURVES
        lines = curves.read_text(encoding="utf-8").splitlines() if curves.exists() else []
        kept = []
        for line in lines:
            values = json.loads(line)
            if values["stage"] == stage and values["step"] >= step:
                break
            kept.append(line + "\n")
        curves.write_text("".join(kept), encoding="utf-8")

    def tell(self, stage: str, step: int, figures: Mapping[str, float]) -> None:
        """Add a line to the curves, and print it."""
        seconds = round(time.monotonic() - self._began, 1)
        line = {"stage": stage, "step": step, **figures, "seconds": seconds}
        if torch.cuda.is_available():
            line["memory_gib"] = torch.cuda.max_memory_allocated() / 2**30
        with (self.folder / CURVES).open("a", encoding="utf-8") as curves:
            curves.write(json.dumps(line) + "\n")
        shown = (f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in line.items())
        print(" ".join(shown), flush=True)

    def save(self, stage: str, step: int, learned: Mapping[str, Any] | None) -> None:
        """Write the state: where the run is, what was learned, and the random generators."""
        state = {
            "settings": self._settings, "stage": stage, "step": step, "learned": learned,
            "random": torch.get_rng_state(),
            "cuda_random": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }  # fmt: skip
        partial = self.folder / f"{STATE}.partial"
        torch.save(state, partial)
        partial.replace(self.folder / STATE)


def restore_random(state: Mapping[str, Any]) -> None:
    """Let the random generators go on as when the state was saved."""
    torch.set_rng_state(state["random"])
    if state["cuda_random"]:
        torch.cuda.set_rng_state_all(state["cuda_random"])


def _changed(earlier: Mapping[str, Any], now: Mapping[str, Any], way: str = "") -> list[str]:
    names = []
    for key in {**earlier, **now}:
        old, new = earlier.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            names += _changed(old, new, f"{way}{key}.")
        elif old != new:
            names.append(f"{way}{key}")
    return names
