"""A plot of where the time of one referral goes, with stock decoding and with ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from decoding_runs import OURS, STOCK, UNTUNED

from rex_thinker_ros.user_error import UserError

_COLOURS = ("#4477aa", "#66ccee", "#228833", "#ee6677", "#bbbbbb")


def plot(found: dict[str, Any], path: Path) -> None:
    """Draw the stages as bars. UserError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("A plot needs matplotlib: pip install 'rex_thinker_ros[plot]'") from error
    stages: dict[str, dict[str, float]] = found["stages"]
    threads: dict[str, int] = found["threads"]
    titles = {UNTUNED: "generate", STOCK: "generate", OURS: "own loop, drafts"}
    figure = Figure(figsize=(9.0, 3.4), layout="constrained")
    axes = figure.subplots()
    begin = dict.fromkeys(stages, 0.0)
    for number, colour in enumerate(_COLOURS):
        label = list(stages[OURS])[number]
        for way, parts in stages.items():
            long = 1000 * parts[label]
            axes.barh(
                way, long, left=begin[way], color=colour, label=label if way == OURS else None
            )
            begin[way] += long
    for way, end in begin.items():
        axes.text(end, way, f" {end:.0f} ms", va="center", fontsize=12)
    names = [f"{titles[way]}, threads: {threads[way]}" for way in stages]
    axes.set_yticks(list(stages), names, fontsize=12)
    axes.set_xlim(0, 1.12 * max(begin.values()))
    axes.set_xlabel(
        f"ms of one referral: the middle half of {found['prompts']}, 640 x 480, embedded pair, CPU"
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(_COLOURS), frameon=False, fontsize=10)
    figure.savefig(path, dpi=110)
