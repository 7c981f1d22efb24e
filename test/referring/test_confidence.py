"""Only what decides counts: the marks of the last summary and the numbers of the answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.confidence import PieceMargin, deciding_margin

PIECES = [
    ("<think># Step 1: look\n- Mug 1: blue → ", 9.0), ("❌", 0.1), ("\n", 9.0),
    ("# Summarize and Re-Check answer\n", 9.0), ("- Mug 1", 0.2), (": blue → ", 0.3),
    ("❌", 5.0), ("\n- Mug 2: red → ", 9.0), ("✅", 3.0), ("</think><answer>json\n", 0.4),
    ('[{"bbox_2d": [', 0.5), ("10", 4.0), (", ", 0.6), ("20, 30, 40", 2.0), ("]}]\n</answer>", 0.7),
]  # fmt: skip
TEXT = "".join(text for text, _ in PIECES)


def margins(pieces: list[tuple[str, float]]) -> list[PieceMargin]:
    out, at = [], 0
    for text, margin in pieces:
        out.append(PieceMargin(at, at + len(text), margin))
        at += len(text)
    return out


@pytest.mark.parametrize(
    ("change", "least"),
    [
        pytest.param({}, 2.0, id="the boxes"),
        pytest.param({"20, 30, 40": 8.0}, 3.0, id="the summary's mark"),
        pytest.param({"10": 0.0}, 0.0, id="the first number"),
    ],
)
def test_the_least_margin_of_what_decides(change: dict[str, float], least: float) -> None:
    pieces = [(text, change.get(text, margin)) for text, margin in PIECES]
    assert deciding_margin(TEXT, margins(pieces)) == least


@pytest.mark.parametrize("text", ["", "no summary ✅", "<answer>[]</answer>", "<think>"])
def test_nothing_that_decides_has_no_margin(text: str) -> None:
    assert deciding_margin(text, [PieceMargin(0, len(text), 1.0)]) is None


def test_unknown_margins_give_none() -> None:
    assert deciding_margin(TEXT, []) is None


@given(st.text(max_size=80), st.lists(st.tuples(st.integers(0, 90), st.floats(0, 9)), max_size=9))
def test_any_text_and_pieces(text: str, pieces: list[tuple[int, float]]) -> None:
    known = [PieceMargin(start, start + 3, margin) for start, margin in pieces]
    found = deciding_margin(text, known)
    assert found is None or found in {piece.margin for piece in known}
