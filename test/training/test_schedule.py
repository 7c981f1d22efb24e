"""The learning rate holds, then falls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.training.schedule import level_then_cosine

PARTS = st.floats(0, 1)


@pytest.mark.parametrize(
    ("part", "share"), [(0.0, 1.0), (0.39, 1.0), (0.4, 1.0), (0.7, 0.55), (1.0, 0.1)]
)
def test_shares_of_the_peak(part: float, share: float) -> None:
    assert level_then_cosine(part, level=0.4, end=0.1) == pytest.approx(share)


@given(first=PARTS, second=PARTS)
def test_the_rate_never_rises(first: float, second: float) -> None:
    early, late = sorted((first, second))
    assert level_then_cosine(early, level=0.3) >= level_then_cosine(late, level=0.3)
