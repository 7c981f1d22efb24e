"""What is shown of an image lies where its boxes say, and is the image's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.window import Window

WIDTH, HEIGHT = 40, 30
IMAGE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def edges(length: int) -> st.SearchStrategy[tuple[int, int]]:
    starts = st.integers(-10, length - 1)
    return starts.flatmap(
        lambda start: st.tuples(st.just(start), st.integers(max(start, 0) + 1, length + 10))
    )


@given(edges(WIDTH), edges(HEIGHT), st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1))
def test_a_pixel_lies_where_its_box_says(
    across: tuple[int, int], down: tuple[int, int], x: int, y: int
) -> None:
    window = Window(across[0], down[0], across[1], down[1])
    shown, box = window.of(IMAGE), window.box(Box(x, y, x + 1, y + 1))
    assert shown.shape == (window.size.height, window.size.width, 3)
    assert shown.flags.c_contiguous
    if box.area:
        assert (shown[int(box.y0), int(box.x0)] == IMAGE[y, x]).all()
    else:
        assert not (window.x0 <= x < window.x1 and window.y0 <= y < window.y1)


def test_beyond_the_image_is_its_mean_colour() -> None:
    shown = Window(-5, 0, WIDTH, HEIGHT + 3).of(IMAGE)
    mean = IMAGE.mean((0, 1)).astype(np.uint8)
    assert (shown[:, :5] == mean).all()
    assert (shown[HEIGHT:] == mean).all()
    assert (shown[:HEIGHT, 5:] == IMAGE).all()


def test_the_whole_image_is_not_copied() -> None:
    assert np.shares_memory(Window(0, 0, WIDTH, HEIGHT).of(IMAGE), IMAGE)


@pytest.mark.parametrize("window", [(0, 0, 0, 5), (5, 0, 3, 5), (0, 4, 9, 4)])
def test_a_window_that_holds_nothing_is_refused(window: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="holds nothing"):
        Window(*window)


def test_a_box_is_clipped_to_the_window() -> None:
    window = Window(10, 10, 30, 20)
    assert window.size == Size(20, 10)
    assert window.box(Box(5, 12, 15, 40)) == Box(0, 2, 5, 10)
    assert window.box(Box(0, 0, 5, 5)).area == 0
