"""The table of robustness: one line of headline figures for each disturbance of the images."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.training.disturbances import DISTURBANCES
from rex_thinker_ros.training.evaluation_table import Detections, Row, figures

COLUMNS = (
    "exact answer", "abstention recall", "false FOUND", "detector recall", "detector precision",
)  # fmt: skip


def robustness_head(scenes: int) -> str:
    """Return the lines of Markdown above the first disturbance."""
    names = ("images", "strength", "trained on", *COLUMNS)
    return f"Held-out scenes: {scenes} a line.\n\n| {' | '.join(names)} |\n|{'---|' * len(names)}"


def robustness_line(name: str, rows: Sequence[Row], detections: Detections) -> str:
    """Return a disturbance's line of Markdown."""
    disturbance, values = DISTURBANCES[name], figures(rows, detections)
    shares = [f"{values[column]:.1%}" for column in COLUMNS]
    return f"| {' | '.join([name, disturbance.strength, disturbance.trained, *shares])} |"
