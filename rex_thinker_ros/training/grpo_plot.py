"""Draw the curves of reinforcement: `python -m rex_thinker_ros.training.grpo_plot --help`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rex_thinker_ros.user_error import UserError

SMOOTHED = 10  # steps that a line is a mean of
PARTS = (
    ("accuracy", "#4477aa"), ("consistency", "#66ccee"), ("abstention", "#228833"),
    ("format", "#bbbbbb"),
)  # fmt: skip
CHECKS = (
    ("inexact", "#4477aa", "not the exact answer"),
    ("false_found", "#ee6677", "wrong boxes, and marks confirm them"),
    ("contradicted", "#ccbb44", "marks deny the answer"),
)  # fmt: skip

Line = dict[str, float]


def read_curves(path: Path) -> list[Line]:
    """Return what `train_grpo` wrote, a line for each step or check."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def plot(lines: Sequence[Line], path: Path) -> None:
    """Draw reward parts, held-out answers, length and KL. UserError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("A plot needs matplotlib: pip install 'rex_thinker_ros[plot]'") from error
    figure = Figure(figsize=(10.0, 6.4), layout="constrained")
    rewards, checks, length, kl = figure.subplots(2, 2).flat
    for name, colour in PARTS:
        _draw(rewards, lines, name, colour, name)
    rewards.set_title("Reward parts of drawn completions")
    rewards.legend(frameon=False, fontsize=9)
    checked = [{**line, "inexact": 1 - line["exact"]} for line in lines if "exact" in line]
    for name, colour, label in CHECKS:
        steps, values = _series(checked, name)
        checks.plot(steps, 100 * values, "o-", color=colour, label=label, markersize=3)
    checks.set_title("Faults of greedy answers, % of held-out questions")
    checks.set_ylim(0, 1.4 * checks.get_ylim()[1])  # room for the legend
    checks.legend(frameon=False, fontsize=9)
    _draw(length, lines, "length", "#4477aa", "")
    length.set_title("Tokens of a completion")
    _draw(kl, lines, "kl", "#4477aa", "")
    kl.set_title("KL from the start, per token")
    for axes in (rewards, checks, length, kl):
        axes.set_xlabel("step")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)


def _series(lines: Sequence[Line], name: str) -> tuple[np.ndarray, np.ndarray]:
    found = [(line["step"], line[name]) for line in lines if name in line]
    steps, values = np.array(found, dtype=float).reshape(-1, 2).T
    return steps, values


def _draw(axes: Any, lines: Sequence[Line], name: str, colour: str, label: str) -> None:
    """Draw the values faintly, and their running mean."""
    steps, values = _series(lines, name)
    axes.plot(steps, values, color=colour, alpha=0.25, linewidth=0.8)
    width = min(SMOOTHED, len(values))
    if width:
        means = np.convolve(values, np.full(width, 1 / width), "valid")
        axes.plot(steps[width - 1 :], means, color=colour, label=label)


def main() -> None:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("curves", type=Path, help="curves.jsonl of train_grpo")
    parser.add_argument("picture", type=Path, help="PNG file to write")
    args = parser.parse_args()
    plot(read_curves(args.curves), args.picture)


if __name__ == "__main__":
    main()
