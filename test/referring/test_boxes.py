"""Boxes: overlap, and the way between coordinate spaces."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.boxes import Box, Size

EDGES = st.floats(-5000, 5000, allow_nan=False)
SIZES = st.builds(Size, st.integers(1, 4000), st.integers(1, 4000))


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    (x0, x1), (y0, y1) = (sorted((draw(EDGES), draw(EDGES))) for _ in range(2))
    return Box(x0, y0, x1, y1)


@pytest.mark.parametrize(
    ("a", "b", "iou"),
    [
        pytest.param(Box(0, 0, 10, 10), Box(0, 0, 10, 10), 1.0, id="equal"),
        pytest.param(Box(0, 0, 10, 10), Box(5, 0, 15, 10), 1 / 3, id="half over"),
        pytest.param(Box(0, 0, 10, 10), Box(0, 0, 10, 5), 0.5, id="half inside"),
        pytest.param(Box(0, 0, 10, 10), Box(10, 0, 20, 10), 0.0, id="edges are half open"),
        pytest.param(Box(0, 0, 10, 10), Box(20, 20, 30, 30), 0.0, id="apart"),
        pytest.param(Box(3, 3, 3, 9), Box(3, 3, 3, 9), 1.0, id="equal and empty"),
        pytest.param(Box(3, 3, 3, 9), Box(0, 0, 10, 10), 0.0, id="empty inside"),
    ],
)
def test_iou(a: Box, b: Box, iou: float) -> None:
    assert a.iou(b) == pytest.approx(iou)


@given(boxes(), boxes())
def test_iou_is_symmetric_and_a_fraction(a: Box, b: Box) -> None:
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert 0 <= a.iou(b) <= 1
    assert a.iou(a) == 1


@given(boxes(), SIZES, SIZES)
def test_scaling_there_and_back_is_the_same_box(box: Box, a: Size, b: Size) -> None:
    back = box.scaled(a, b).scaled(b, a)
    assert back.as_tuple() == pytest.approx(box.as_tuple(), rel=1e-9, abs=1e-6)


@given(boxes(), SIZES)
def test_a_clipped_box_is_inside_and_stays_so(box: Box, size: Size) -> None:
    clipped = box.clipped(size)
    assert 0 <= clipped.x0 <= clipped.x1 <= size.width
    assert 0 <= clipped.y0 <= clipped.y1 <= size.height
    assert clipped.clipped(size) == clipped
    assert clipped.area <= box.area


def test_measures() -> None:
    box = Box(10, 20, 30, 60)
    assert (box.width, box.height, box.area, box.center) == (20, 40, 800, (20, 40))
    assert box.scaled(Size(100, 100), Size(200, 50)) == Box(20, 10, 60, 30)


@pytest.mark.parametrize(
    "edges",
    [(10, 0, 5, 5), (0, 10, 5, 5), (math.nan, 0, 1, 1), (0, 0, math.inf, 1)],
    ids=["x reversed", "y reversed", "not a number", "infinite"],
)
def test_a_box_that_is_none_is_refused(edges: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="box edges"):
        Box(*edges)


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (-1, 5)])
def test_an_empty_image_is_refused(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="holds nothing"):
        Size(width, height)
