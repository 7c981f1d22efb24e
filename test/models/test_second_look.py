"""Two looks at one image: when there is a second, and what comes of both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.models.grounding.detection import Detection
from rex_thinker_ros.models.grounding.second_look import (
    both_looks,
    in_doubt,
    other_view,
    seen_from_here,
)
from rex_thinker_ros.referring.boxes import Box, Size

SIZE = Size(120, 90)  # moved by two pixels
MUG, FAR = Box(10, 10, 30, 40), Box(60, 10, 80, 40)


def seen(box: Box, score: float, word_score: float | None = None) -> Detection:
    return Detection(box, score, score if word_score is None else word_score)


@pytest.mark.parametrize(
    ("scores", "doubt"),
    [
        ([], False), ([0.9, 0.75], False), ([0.06], False), ([0.9, 0.06], False), ([0.3], True),
        ([0.9, 0.15], True), ([0.65, 0.9], True),
    ],
)  # fmt: skip
def test_scores_neither_high_nor_low_are_a_doubt(scores: list[float], doubt: bool) -> None:
    assert in_doubt([seen(MUG, score) for score in scores]) is doubt


def test_what_both_looks_see_has_the_mean_of_both() -> None:
    (one,) = both_looks([seen(MUG, 0.6, 0.5)], [seen(Box(14, 10, 34, 40), 0.2, 0.1)])
    assert one.score == pytest.approx(0.4)
    assert one.word_score == pytest.approx(0.3)
    assert one.box.as_tuple() == pytest.approx((11, 10, 31, 40))  # the surer look counts more


def test_what_one_look_sees_has_half_of_its_scores_and_the_first_looks_order() -> None:
    both = both_looks([seen(MUG, 0.2), seen(FAR, 0.8)], [seen(FAR, 0.8), seen(Box(0, 0, 5, 5), 1)])
    assert [(one.box, one.score) for one in both] == [
        (MUG, 0.1), (FAR, pytest.approx(0.8)), (Box(0, 0, 5, 5), 0.5),
    ]  # fmt: skip


def test_the_surest_is_paired_first() -> None:
    doubtful, sure = seen(Box(10, 10, 30, 38), 0.2), seen(MUG, 0.9)
    both = both_looks([doubtful, sure], [seen(MUG, 0.9)])
    assert [one.score for one in both] == [pytest.approx(0.1), pytest.approx(0.9)]


def test_what_is_seen_in_the_other_view_lies_where_it_is_in_the_image() -> None:
    image = np.full((SIZE.height, SIZE.width, 3), 7, np.uint8)
    image[20:30, 50:80] = 250
    view = other_view(image)
    assert view.shape == image.shape
    rows, columns = (view[..., 0] == 250).nonzero()
    edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    box = Box(*map(float, edges))
    assert box != Box(50, 20, 80, 30)
    (back,) = seen_from_here([seen(box, 0.5)], SIZE)
    assert back == seen(Box(50, 20, 80, 30), 0.5)


def test_what_lies_outside_of_the_image_is_left_out() -> None:
    at_the_edge, outside = Box(110, 0, 120, 90), Box(118, 0, 120, 90)
    (kept,) = seen_from_here([seen(at_the_edge, 0.5), seen(outside, 0.9)], SIZE)
    assert kept.box == Box(0, 0, 8, 88)


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (500, 3), (2, 2000)])
def test_any_image_has_another_view(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert other_view(image).shape == image.shape


def sides(length: int) -> st.SearchStrategy[tuple[int, int]]:
    starts = st.integers(0, length - 1)
    return starts.flatmap(lambda start: st.tuples(st.just(start), st.integers(start + 1, length)))


DETECTIONS = st.builds(
    lambda x, y, score: seen(Box(x[0], y[0], x[1], y[1]), score),
    sides(SIZE.width), sides(SIZE.height), st.floats(0.05, 1),
)  # fmt: skip


@given(st.lists(DETECTIONS, max_size=6), st.lists(DETECTIONS, max_size=6))
def test_nothing_is_lost_and_no_score_rises(
    first: list[Detection], second: list[Detection]
) -> None:
    both = both_looks(first, second)
    assert max(len(first), len(second)) <= len(both) <= len(first) + len(second)
    most = max((one.score for one in [*first, *second]), default=0.0)
    assert all(0 < one.score <= most + 1e-9 for one in both)
