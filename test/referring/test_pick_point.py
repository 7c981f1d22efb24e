"""The pick point lies on the object, not on what is around, in front of or behind it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.pick_point import (
    Intrinsics,
    IntrinsicsError,
    PickPoint,
    pick_point,
)

SIZE = Size(320, 240)
CAMERA = Intrinsics(300.0, 310.0, 159.5, 119.5, SIZE.width, SIZE.height)
V, U = np.mgrid[0 : SIZE.height, 0 : SIZE.width]
# a table that leads away from the camera: 1.5 m at the top of the image, 0.75 m at the bottom
TABLE = 1 / (1 / 1.5 + V / SIZE.height * (1 / 0.75 - 1 / 1.5))
BOX = Box(120, 80, 200, 160)

Mask = NDArray[np.bool_]
Depth = NDArray[np.float32]


def disc(x: float, y: float, radius: float) -> Mask:
    return np.hypot(U + 0.5 - x, V + 0.5 - y) < radius


def block(x0: float, y0: float, x1: float, y1: float) -> Mask:
    return (x0 <= U) & (x1 > U) & (y0 <= V) & (y1 > V)


def scene(*things: tuple[Mask, float], behind: NDArray[np.float64] = TABLE) -> Depth:
    """Raise things from the table towards the camera, in metres; the last one is in front."""
    depth = behind.copy()
    for mask, metres in things:
        depth[mask] = behind[mask] - metres
    return depth.astype(np.float32)


def pick(depth: Depth, box: Box = BOX) -> PickPoint:
    point = pick_point(depth, box, SIZE, CAMERA)
    assert point
    return point


def pixel(point: PickPoint) -> tuple[int, int]:
    """Return the column and row that show a point."""
    column = point.x / point.z * CAMERA.fx + CAMERA.cx
    row = point.y / point.z * CAMERA.fy + CAMERA.cy
    return round(column), round(row)


BALL = disc(160, 120, 40)
RING = BALL & ~disc(160, 120, 22)
MUG = block(120, 85, 165, 155) | (disc(165, 120, 35) & ~disc(165, 120, 22))
STICK = (np.abs(U - 120 - (V - 80)) < 8) & block(120, 80, 200, 160)
BOTTLE = block(145, 100, 178, 230)
WALL = np.full_like(TABLE, 3.0)


@pytest.mark.parametrize(
    ("mask", "depth"),
    [
        pytest.param(BALL, scene((BALL, 0.06)), id="background in the corners"),
        pytest.param(RING, scene((RING, 0.04)), id="a hole in the middle"),
        pytest.param(MUG, scene((MUG, 0.06)), id="a handle"),
        pytest.param(STICK, scene((STICK, 0.05)), id="a stick across the box"),
        pytest.param(RING, scene((RING, 2.0), behind=WALL), id="held up before a wall"),
        pytest.param(
            BALL & ~BOTTLE, scene((BALL, 0.06), (BOTTLE, 0.16)), id="a bottle before the middle"
        ),
        pytest.param(
            BALL, scene((block(60, 60, 260, 90), -0.3), (BALL, 0.05)), id="beyond the table's edge"
        ),
        pytest.param(
            disc(160, 120, 8),
            scene((disc(160, 120, 8), 0.04), (disc(200, 120, 25), 0.08)),
            id="a small one beside a large one",
        ),
    ],
)
@pytest.mark.parametrize("noise", [0.0, 0.005], ids=["exact", "noisy"])
def test_the_point_is_on_the_object(mask: Mask, depth: Depth, noise: float) -> None:
    rng = np.random.default_rng(1)
    sensed = depth * (1 + noise * rng.standard_normal(depth.shape)).astype(np.float32)
    sensed[rng.random(depth.shape) < 10 * noise] = np.nan
    rows, columns = np.nonzero(mask)
    box = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    point = pick(sensed, box)
    column, row = pixel(point)
    assert mask[row, column]
    assert point.z == pytest.approx(depth[row, column], rel=0.01)


def test_rims_and_flying_pixels_are_not_picked() -> None:
    depth = scene((BALL, 0.2))
    rng = np.random.default_rng(2)
    rim = disc(160, 120, 43) & ~disc(160, 120, 37)
    flying = depth - 0.2 * rng.random(depth.shape) + 0.1
    depth = np.where(rim, np.where(rng.random(depth.shape) < 0.5, np.nan, flying), depth)
    column, row = pixel(pick(depth.astype(np.float32)))
    assert disc(160, 120, 10)[row, column]


def test_something_flat_is_picked_in_the_middle_of_the_box() -> None:
    assert pixel(pick(scene())) == pytest.approx((160, 120), abs=2)


def test_something_flat_is_not_mistaken_for_what_reaches_into_its_box() -> None:
    neighbour = disc(110, 80, 22)
    column, row = pixel(pick(scene((neighbour, 0.08))))
    assert (column, row) == pytest.approx((160, 120), abs=5)
    assert not neighbour[row, column]


def test_a_box_of_the_whole_image_has_no_surroundings() -> None:
    column, row = pixel(pick(scene((BALL, 0.5), behind=WALL), Box(0, 0, 320, 240)))
    assert not BALL[row, column]  # the largest surface
    near = np.full((240, 320), 0.5, np.float32)
    assert pixel(pick(near, Box(0, 0, 320, 240))) == pytest.approx((160, 120), abs=3)


def test_a_plate_has_its_middle_extent_and_share() -> None:
    plate = block(140, 100, 180, 140)
    depth = WALL.copy()
    depth[plate] = 1.0
    point = pick(depth.astype(np.float32))
    half = 40 / 2 / math.sqrt(3)  # standard deviation of an even spread over 40 pixels
    assert (point.x, point.y, point.z) == pytest.approx((0, 0, 1), abs=0.01)
    assert point.spread == pytest.approx((half / CAMERA.fx, half / CAMERA.fy, 0), rel=0.1)
    assert point.depth_share == pytest.approx(40 * 40 / (80 * 80), abs=0.03)


@pytest.mark.parametrize(
    ("x", "y", "signs"),
    [(60, 60, (-1, -1)), (260, 60, (1, -1)), (60, 180, (-1, 1))],
    ids=["left above", "right above", "left below"],
)
def test_x_points_right_and_y_down(x: int, y: int, signs: tuple[int, int]) -> None:
    ball = disc(x, y, 20)
    point = pick(scene((ball, 0.3), behind=WALL), Box(x - 20, y - 20, x + 20, y + 20))
    assert (np.sign(point.x), np.sign(point.y)) == signs


def test_depth_of_another_resolution_gives_the_same_point() -> None:
    depth = scene((BALL, 0.06))
    half = pick_point(depth[::2, ::2].copy(), BOX, SIZE, CAMERA)
    assert half
    whole = pick(depth)
    assert (half.x, half.y, half.z) == pytest.approx((whole.x, whole.y, whole.z), abs=0.01)


def test_intrinsics_of_another_resolution_give_the_same_point() -> None:
    depth = scene((BALL, 0.06))
    twice = Intrinsics(600.0, 620.0, 319.5, 239.5, 640, 480)
    other = pick_point(depth, BOX, SIZE, twice)
    assert other
    whole = pick(depth)
    assert (other.x, other.y, other.z) == pytest.approx((whole.x, whole.y, whole.z))


def test_a_box_of_a_larger_color_image_is_scaled() -> None:
    depth = scene((BALL, 0.06))
    large = pick_point(depth, BOX.scaled(SIZE, Size(1280, 720)), Size(1280, 720), CAMERA)
    assert large
    assert pixel(large) == pytest.approx(pixel(pick(depth)), abs=1)


@pytest.mark.parametrize("unknown", [math.nan, math.inf, -math.inf, 0.0, -1.0], ids=str)
def test_unknown_depths_are_not_used(unknown: float) -> None:
    depth = scene((BALL, 0.06))
    rng = np.random.default_rng(3)
    some = depth.copy()
    some[rng.random(depth.shape) < 0.5] = unknown
    column, row = pixel(pick(some))
    assert BALL[row, column]
    most = depth.copy()
    most[rng.random(depth.shape) < 0.95] = unknown
    assert pick_point(most, BOX, SIZE, CAMERA) is None
    none = np.full_like(depth, unknown)
    assert pick_point(none, BOX, SIZE, CAMERA) is None


@pytest.mark.parametrize(
    "box",
    [Box(150, 100, 150, 140), Box(400, 100, 450, 140), Box(-50, -50, -10, -10), Box(8, 8, 9, 9)],
    ids=["empty", "right of the image", "above it", "one pixel"],
)
def test_a_box_without_pixels_has_no_point(box: Box) -> None:
    assert pick_point(scene(), box, SIZE, CAMERA) is None


@pytest.mark.parametrize(
    "change",
    [
        {"fx": 0.0}, {"fy": -1.0}, {"fx": math.nan}, {"fy": math.inf}, {"cx": math.nan},
        {"cy": math.inf}, {"width": 0}, {"height": -1},
    ],
    ids=str,
)  # fmt: skip
def test_a_camera_that_is_none_is_refused(change: dict[str, float]) -> None:
    numbers: dict[str, float] = {
        "fx": 300.0, "fy": 300.0, "cx": 160.0, "cy": 120.0, "width": 320, "height": 240,
    }  # fmt: skip
    make: Callable[..., Intrinsics] = Intrinsics
    with pytest.raises(IntrinsicsError):
        make(**{**numbers, **change})


EDGES = st.floats(-60, 120, allow_nan=False)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    (x0, x1), (y0, y1) = (sorted((draw(EDGES), draw(EDGES))) for _ in range(2))
    return Box(x0, y0, x1, y1)


@pytest.mark.filterwarnings("error", "default::ResourceWarning")  # earlier tests' garbage
@settings(deadline=None)
@given(
    depth=st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
        lambda shape: (
            arrays(np.float32, shape, elements=st.floats(width=32))
            | arrays(
                np.float32, shape, elements=st.sampled_from([np.nan, 0.0, 0.5, 0.52, 1.0, 9.0])
            )
        )
    ),
    box=boxes(),
    color=st.builds(Size, st.integers(1, 90), st.integers(1, 90)),
)
def test_any_depth_gives_none_or_a_point_in_the_box(depth: Depth, box: Box, color: Size) -> None:
    point = pick_point(depth, box, color, CAMERA)
    if point is None:
        return
    size = Size(depth.shape[1], depth.shape[0])
    seen = box.scaled(color, size)
    across, down = size.width / CAMERA.width, size.height / CAMERA.height
    column = point.x / point.z * CAMERA.fx * across + (CAMERA.cx + 0.5) * across
    row = point.y / point.z * CAMERA.fy * down + (CAMERA.cy + 0.5) * down
    assert seen.x0 - 0.01 <= column <= seen.x1 + 0.01
    assert seen.y0 - 0.01 <= row <= seen.y1 + 0.01
    known = depth[np.isfinite(depth) & (depth > 0)].astype(np.float64)
    assert known.min() * 0.999 <= point.z <= known.max() * 1.001
    assert 0 < point.depth_share <= 1
    assert all(0 <= spread < math.inf for spread in point.spread)
