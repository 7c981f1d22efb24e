"""The figures of an evaluation, counted by hand."""

from __future__ import annotations

import pytest

from rex_thinker_ros.training.evaluation_table import (
    AGREEMENT,
    ORDER,
    Detections,
    Row,
    figures,
    table,
)
from rex_thinker_ros.training.robustness import robustness_head, robustness_line


def row(
    expected: str, outcome: str, *, right: bool, check: str = "", refused: str = "",
    margin: float = 3.0,
) -> Row:  # fmt: skip
    boxes = 1 if outcome == "FOUND" else 0
    return Row(0, "ordinal", "a command", expected, outcome, right, check, refused, margin, boxes,
               boxes, 0.2, "<think>")  # fmt: skip


ROWS = [
    row("FOUND", "FOUND", right=True),
    row("FOUND", "FOUND", right=False, margin=0.7),
    row("NO_MATCH", "FOUND", right=False, margin=1.5),
    row("NO_MATCH", "NO_MATCH", right=True),
    row("FOUND", "CONTRADICTION", right=False, check=ORDER, refused="wrong"),
    row("FOUND", "CONTRADICTION", right=False, check=AGREEMENT, refused="right"),
    row("FOUND", "UNPARSABLE", right=False),
    row("NO_MATCH", "NO_MATCH", right=True),
]


def test_shares() -> None:
    values = figures(ROWS, Detections(found=10, matched=8, true=16))
    assert values == {
        "exact answer": pytest.approx(3 / 8),
        "abstention recall": pytest.approx(2 / 3),
        "false FOUND": pytest.approx(2 / 8),
        "exact copies of answer boxes": 1.0,
        "detector recall": 0.5,
        "detector precision": 0.8,
        "format validity": pytest.approx(7 / 8),
    }


@pytest.mark.parametrize(
    "line",
    [
        "| ordinal | 5 | 20.0% | 1 | 2 CONTRADICTION, 1 FOUND, 1 UNPARSABLE |",
        "| ordinal, no match | 3 | 66.7% | 1 | 1 FOUND |",
        "Refused by the check of orders and relations: 1 wrong answers, 0 right ones.",
        "Refused by the agreement of marks, answer and candidates: 0 wrong answers, 1 right ones.",
        "| 1 | 1 of 2 | 0 of 1 |",
        "| 2 | 2 of 2 | 0 of 1 |",
        "| 4 | 2 of 2 | 1 of 1 |",
        "Median time of a referral: 0.20 s.",
    ],
)
def test_lines_of_the_table(line: str) -> None:
    assert line in table(ROWS, Detections()).split("\n")


def test_a_line_of_robustness() -> None:
    head = robustness_head(8).split("\n")[2]
    line = robustness_line("dark", ROWS, Detections(found=10, matched=8, true=16))
    assert dict(zip(head.split(" | "), line.split(" | "), strict=True)) == {
        "| images": "| dark",
        "strength": "values x 0.35, a tenth of the light",
        "trained on": "x 0.3 or more",
        "exact answer": "37.5%",
        "abstention recall": "66.7%",
        "false FOUND": "25.0%",
        "detector recall": "50.0%",
        "detector precision |": "80.0% |",
    }
