"""Where a cup from above touches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.sim.touch import height_under

RADIUS = 0.01
# a roof from the height 0 at x = 0 to 1 at x = 1, and a wall that a view from above misses
ROOF = np.array([[[0, 0, 0], [1, 0, 1], [1, 1, 1]], [[0, 0, 0], [1, 1, 1], [0, 1, 0]]], float)
WALL = np.array([[[0, 0, 0], [1, 0, 0], [1, 0, 5]]], float)


@pytest.mark.parametrize(
    ("x", "y", "height"),
    [(0.5, 0.5, 0.51), (0.995, 0.5, 0.995), (1.5, 0.5, -np.inf), (1.005, 0.5, 1.0)],
    ids=["on it", "its edge", "beside it", "only the cup's edge"],
)
def test_the_highest_point_under_the_cup(x: float, y: float, height: float) -> None:
    assert height_under(ROOF, x, y, RADIUS) == pytest.approx(height, abs=0.006)


def test_an_upright_wall_is_not_stood_on() -> None:
    assert height_under(WALL, 0.5, 0.0, RADIUS) == -np.inf


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_a_roof_is_touched_at_the_cups_upper_edge(x: float, y: float) -> None:
    assert height_under(ROOF, x, y, RADIUS) == pytest.approx(x + RADIUS, abs=1e-9)
