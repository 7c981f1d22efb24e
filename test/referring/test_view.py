"""The views of a command: what each shows, and when one is no use."""

from __future__ import annotations

import pytest

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.prompt import PixelBounds, smart_resize
from rex_thinker_ros.referring.view import PLANS, Plan, View, view_of, whole
from rex_thinker_ros.referring.window import Window

IMAGE = Size(640, 480)
RESIZED = Size(320, 240)  # a cell of 28 pixels is 56 of the image
MUGS = [Candidate(1, Box(100, 100, 150, 150), 0.9), Candidate(2, Box(600, 100, 640, 200), 0.8)]


def test_the_first_view_is_the_image_as_it_is() -> None:
    assert view_of(PLANS[0], IMAGE, RESIZED) == whole(IMAGE) == View(Window(0, 0, 640, 480))
    assert whole(IMAGE).shown(whole(IMAGE).order(MUGS)) == tuple(MUGS)


@pytest.mark.parametrize(
    ("cut", "window"),
    [
        ((1, 1, 1, 1), (28, 28, 612, 452)),
        ((-1, -1, 1, 1), (-28, -28, 612, 452)),
        ((2, 0, 0, -1), (56, 0, 640, 508)),
    ],
)
def test_a_view_is_cut_and_moved_by_half_cells(
    cut: tuple[int, int, int, int], window: tuple[int, int, int, int]
) -> None:
    assert view_of(Plan(cut, backwards=True), IMAGE, RESIZED) == View(Window(*window), True)


def test_no_two_readings_have_the_same_view() -> None:
    assert len({plan.cut for plan in PLANS}) == len(PLANS)
    assert not PLANS[0].backwards


@pytest.mark.parametrize("size", [Size(5, 1000), Size(1000, 5), Size(1, 1), Size(3, 3)])
def test_any_image_has_views_or_none(size: Size) -> None:
    for plan in PLANS:
        view = view_of(plan, size, smart_resize(size, PixelBounds()))
        assert view is None or view.window.size.width > 0


def test_candidates_stand_in_the_order_and_the_pixels_of_the_view() -> None:
    view = View(Window(28, 28, 612, 452), backwards=True)
    ordered = view.order(MUGS)
    assert [c.number for c in ordered] == [1, 2]
    assert [c.box for c in ordered] == [MUGS[1].box, MUGS[0].box]
    assert [c.box for c in view.shown(ordered)] == [Box(572, 72, 584, 172), Box(72, 72, 122, 122)]
    assert view.order(ordered) == tuple(MUGS)


@pytest.mark.parametrize(
    ("boxes", "shows"),
    [
        pytest.param([Box(100, 100, 150, 150)], True, id="inside"),
        pytest.param([Box(20, 100, 60, 150)], True, id="an edge cut off"),
        pytest.param([Box(0, 100, 60, 150)], False, id="half cut off"),
        pytest.param([Box(0, 0, 20, 20)], False, id="all cut off"),
        pytest.param([Box(20, 90, 90, 90)], True, id="empty as before"),
        pytest.param([Box(20, 90, 90, 150), Box(28, 90, 90, 150)], False, id="two that look alike"),
    ],
)
def test_a_view_must_show_each_candidate(boxes: list[Box], shows: bool) -> None:
    candidates = [Candidate(number, box, 0.9) for number, box in enumerate(boxes, 1)]
    assert View(Window(28, 28, 612, 452)).shows(candidates) is shows
