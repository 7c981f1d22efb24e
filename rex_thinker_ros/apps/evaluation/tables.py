"""Evaluations as tables: for a terminal, as Markdown, as JSON and as a plot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from rex_thinker_ros.apps.evaluation.summary import Evaluation, Means
from rex_thinker_ros.user_error import UserError

HEADINGS = ("", "count", "R@0.5", "P@0.5", "DF1@0.5", "R", "P", "DF1")
"""R: recall, P: precision, DF1: DensityF1; without a threshold, their mean from 0.5 to 0.95."""

Row = tuple[str, ...]


class PlotError(UserError):
    """The plot cannot be made; the text says what to install."""


def rows(evaluation: Evaluation) -> Iterator[list[Row]]:
    """Yield groups of rows under HEADINGS: domains, sub-domains, numbers of boxes, all."""
    yield [_row(name, means) for name, means in evaluation.domains.items()]
    yield [_row(name, means) for name, means in evaluation.sub_domains.items()]
    yield [_row(f"{name} boxes", means) for name, means in evaluation.box_counts.items()]
    yield [_row("all", evaluation.all)] if evaluation.all else []


def notes(evaluation: Evaluation) -> Iterator[str]:
    """Yield sentences with what is not in the rows."""
    if evaluation.rejections:
        share = evaluation.rejected / evaluation.rejections
        yield f"Rejection: {evaluation.rejected} of {evaluation.rejections} ({share:.1%})."
    if evaluation.single_accuracy is not None:
        yield (
            f"Accuracy at IoU 0.5 of the first box, {evaluation.single} expressions with one "
            f"answer: {evaluation.single_accuracy:.1%}."
        )


def terminal_table(name: str, evaluation: Evaluation) -> Table:
    """Return a table for rich to print."""
    table = Table(*HEADINGS, title=name, caption="\n".join(notes(evaluation)))
    for column in table.columns[1:]:
        column.justify = "right"
    for group in rows(evaluation):
        for row in group:
            table.add_row(*row)
        table.add_section()
    return table


def markdown(evaluations: Mapping[str, Evaluation]) -> str:
    """Return the tables of all evaluations, by name, as Markdown."""
    parts = []
    for name, evaluation in evaluations.items():
        lines = [HEADINGS, ("---",) * len(HEADINGS), *(r for g in rows(evaluation) for r in g)]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        parts.append("\n\n".join([f"## {name}", table, *notes(evaluation)]))
    return "\n\n".join(parts) + "\n"


def to_json(evaluations: Mapping[str, Evaluation]) -> str:
    """Return all figures, shares of 1, by name."""
    return json.dumps({name: asdict(one) for name, one in evaluations.items()}, indent=2) + "\n"


def plot(evaluations: Mapping[str, Evaluation], path: Path) -> None:
    """Draw the DensityF1 at IoU 0.5 of every domain as bars, evaluations side by side.

    Raises:
        PlotError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotError("a plot needs matplotlib: pip install 'rex_thinker_ros[plot]'") from error
    domains = sorted({domain for one in evaluations.values() for domain in one.domains})
    figure = Figure(figsize=(2.0 + 1.5 * len(domains), 4.0), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(evaluations)
    for number, (name, evaluation) in enumerate(evaluations.items()):
        places = [at - 0.4 + width * (number + 0.5) for at in range(len(domains))]
        means = [evaluation.domains.get(domain) for domain in domains]
        heights = [one.at_half.density_f1 if one else 0.0 for one in means]
        bars = axes.bar(places, heights, width * 0.95, label=name)
        axes.bar_label(bars, fmt="{:.2f}", padding=2, fontsize=8)
    axes.set_xticks(range(len(domains)), domains)
    axes.set_ylim(0, 1.08)
    axes.set_ylabel("DensityF1 at IoU 0.5")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(evaluations), frameon=False)
    figure.savefig(path, dpi=150)


def _row(name: str, means: Means) -> Row:
    scores = (means.at_half, means.overall)
    figures = [v for s in scores for v in (s.recall, s.precision, s.density_f1)]
    return name, str(means.count), *(f"{100 * value:.1f}" for value in figures)
