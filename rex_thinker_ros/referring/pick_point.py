"""The point to pick: from an object's box and a depth image to one point on its surface."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rex_thinker_ros.referring.boxes import Box, Size

MARGIN = 0.25
"""The surroundings reach this part of the box's sides beyond it."""
CELLS = 64
"""Box and surroundings are looked at in at most this many columns and rows."""
RAISED = 0.015
"""What lies this part of its depth before the surface behind the box is raised: 15 mm at 1 m."""
LINKED = 0.02
"""Neighbours whose depths differ by less than this part belong to one piece."""
LEAST_SCORE = 0.10
"""A piece that is less like the box than this is not its object."""
LEAST_KNOWN = 5
"""A point rests on this many depths at least, and LEAST_KNOWN_SHARE of the box has one."""
LEAST_KNOWN_SHARE = 0.10
_PLANE_TRIALS = 200
_Part = tuple[slice, slice]
_NEIGHBOURS: tuple[tuple[_Part, _Part], ...] = (
    (np.s_[:, :-1], np.s_[:, 1:]),
    (np.s_[:-1, :], np.s_[1:, :]),
    (np.s_[:-1, :-1], np.s_[1:, 1:]),
    (np.s_[:-1, 1:], np.s_[1:, :-1]),
)

Grid = NDArray[np.float64]
Mask = NDArray[np.bool_]


class IntrinsicsError(ValueError):
    """These are no intrinsics of a camera; the text says why."""


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """Hold a pinhole camera: focal lengths and principal point in pixels of width x height.

    The middle of the top left pixel is (0, 0), as in camera_info. Images must be rectified:
    there is no lens distortion here.

    Raises:
        IntrinsicsError: a number is not finite, or a focal length or size is not positive.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def __post_init__(self) -> None:
        if not all(math.isfinite(f) and f > 0 for f in (self.fx, self.fy)):
            raise IntrinsicsError(f"focal lengths must be positive, got {self.fx} and {self.fy}")
        if not (math.isfinite(self.cx) and math.isfinite(self.cy)):
            raise IntrinsicsError(f"the principal point must be finite, got {self.cx}, {self.cy}")
        if self.width <= 0 or self.height <= 0:
            raise IntrinsicsError(f"they are for an image of {self.width} x {self.height} pixels")

    def point(self, u: Grid, v: Grid, z: Grid, size: Size) -> Grid:
        """Return x, y, z (..., 3) in metres of pixels u, v of the same view at another size."""
        across, down = size.width / self.width, size.height / self.height
        x = (u + 0.5 - (self.cx + 0.5) * across) * z / (self.fx * across)
        y = (v + 0.5 - (self.cy + 0.5) * down) * z / (self.fy * down)
        return np.stack([x, y, z], axis=-1)


@dataclass(frozen=True, slots=True)
class PickPoint:
    """Hold a surface point in metres in the camera's optical frame: x right, y down, z forward.

    spread: standard deviations along x, y, z in metres of the visible surface points that this
    one is the middle of: how far the object reaches, not how accurate the camera is.
    depth_share: share of the box's pixels whose depth was used, 0 to 1.
    """

    x: float
    y: float
    z: float
    spread: tuple[float, float, float]
    depth_share: float


@dataclass(frozen=True)
class _Window:
    """Cells of the box and its surroundings: one pixel each, u across and v down, depth z in m."""

    steps: tuple[int, int]
    u: Grid
    v: Grid
    z: Grid  # NaN where unknown
    inside: Mask
    middle: Mask


def pick_point(
    depth: NDArray[np.float32], box: Box, color_size: Size, intrinsics: Intrinsics
) -> PickPoint | None:
    """Return the middle of the surface that an object shows; None without enough depths.

    depth is (height, width) in metres along z, registered to the colour image, of any
    resolution; NaN, inf, 0 and less are unknown. The box is in pixels of the colour image of
    color_size. The point is one that the camera saw: of the object's pixels, the one nearest to
    their median column and row, with the median depth around it.

    How the object is told from the rest: a plane is fitted to the surface around the box, mostly
    the table. What rises from it falls into pieces where the depth jumps. Of them the object is
    the one that fills the box and ends where the box ends; a thing in front or behind goes on
    beyond it. If nothing rises, the object lies flat, and the middle of the box is taken.

    It fails where that does not hold: an occluder that fills the box more than the object, two
    things that touch at the same depth, an object hardly thicker than RAISED beside a higher one,
    glass and mirrors (no depth, or that of the things behind). Of a bowl, only what rises counts.
    """
    height, width = depth.shape
    size = Size(width, height)
    window = _look(depth, box.scaled(color_size, size).clipped(size))
    pixels = np.count_nonzero(window.inside)
    known = np.count_nonzero(window.inside & ~np.isnan(window.z))
    if known < max(LEAST_KNOWN, LEAST_KNOWN_SHARE * pixels):
        return None
    surface = _object(window)
    if np.count_nonzero(surface) < LEAST_KNOWN:
        return None
    u, v, z = window.u[surface], window.v[surface], window.z[surface]
    chosen = np.argmin((u - np.median(u)) ** 2 + (v - np.median(v)) ** 2)
    n, m = window.steps
    around = (np.abs(u - u[chosen]) <= n) & (np.abs(v - v[chosen]) <= m)
    x, y, z_around = intrinsics.point(u[chosen], v[chosen], np.median(z[around]), size)
    spread_x, spread_y, spread_z = intrinsics.point(u, v, z, size).std(axis=0)
    return PickPoint(
        float(x), float(y), float(z_around),
        (float(spread_x), float(spread_y), float(spread_z)), len(z) / pixels,
    )  # fmt: skip


def _look(depth: NDArray[np.float32], box: Box) -> _Window:
    """Take every n-th column and m-th row of a box in depth pixels and its surroundings."""
    height, width = depth.shape
    wide, high = max(MARGIN * box.width, 4), max(MARGIN * box.height, 4)
    whole = Box(box.x0 - wide, box.y0 - high, box.x1 + wide, box.y1 + high)
    whole = whole.clipped(Size(width, height))
    left, right = int(whole.x0), math.ceil(whole.x1)
    top, bottom = int(whole.y0), math.ceil(whole.y1)
    n, m = math.ceil((right - left) / CELLS), math.ceil((bottom - top) / CELLS)
    v, u = np.mgrid[top + m // 2 : bottom : m, left + n // 2 : right : n]
    z = depth[v, u].astype(np.float64)
    across, down = u + 0.5, v + 0.5  # a pixel's middle, in the edges that boxes count
    inside = (across >= box.x0) & (across < box.x1) & (down >= box.y0) & (down < box.y1)
    x, y = box.center
    middle = (np.abs(across - x) <= box.width / 4) & (np.abs(down - y) <= box.height / 4)
    z = np.where(np.isfinite(z) & (z > 0), z, np.nan)
    return _Window((n, m), u.astype(np.float64), v.astype(np.float64), z, inside, middle)


def _object(window: _Window) -> Mask:
    """Tell which cells show the object; maybe none."""
    raised = 1 / window.z > _background(window) * (1 + RAISED)
    pieces = _pieces(window.z, raised)
    inside = np.bincount(pieces[window.inside], minlength=pieces.max() + 1)
    filled = inside / np.count_nonzero(window.inside)
    contained = inside / np.maximum(np.bincount(pieces.ravel()), 1)
    score = filled * contained**2
    score[0] = 0  # what is not raised
    if score.max() >= LEAST_SCORE:
        return (pieces == score.argmax()) & window.inside
    return window.middle & ~np.isnan(window.z) & ~raised


def _background(window: _Window) -> Grid:
    """Return 1 / z of the plane that most of the surroundings lie in; 0 where there is none."""
    # the inverse depth of a plane is a u + b v + c, so that a fit needs no camera
    around = ~window.inside & ~np.isnan(window.z)
    pixels = np.stack([window.u, window.v, np.ones_like(window.u)], axis=-1)
    points, inverse = pixels[around], 1 / window.z[around]
    if len(points) < 3:
        return np.zeros_like(window.z)
    rng = np.random.default_rng(0)  # the same image gives the same point
    trials = rng.integers(len(points), size=(_PLANE_TRIALS, 3))
    trials = trials[np.abs(np.linalg.det(points[trials])) > 0.5]  # not in line
    if len(trials) == 0:
        return np.zeros_like(window.z)
    planes = np.linalg.solve(points[trials], inverse[trials][..., None])[..., 0]
    near = np.abs(planes @ points.T - inverse) < RAISED * inverse
    most = near[near.sum(axis=1).argmax()]
    plane = np.linalg.lstsq(points[most], inverse[most], rcond=None)[0]
    return np.asarray(pixels @ plane)


def _pieces(z: Grid, raised: Mask) -> NDArray[np.int64]:
    """Number the connected pieces of what is raised, from 1; 0 is the rest."""
    pieces = np.where(raised, np.arange(1, z.size + 1).reshape(z.shape), 0)
    linked = [
        raised[a] & raised[b] & (np.abs(z[a] - z[b]) < LINKED * np.minimum(z[a], z[b]))
        for a, b in _NEIGHBOURS
    ]
    changed = True
    while changed:  # the highest number spreads over its piece
        before = pieces.copy()
        for (a, b), link in zip(_NEIGHBOURS, linked, strict=True):
            highest = np.where(link, np.maximum(pieces[a], pieces[b]), 0)
            for side in (pieces[a], pieces[b]):
                np.maximum(side, highest, out=side)
        changed = not np.array_equal(before, pieces)
    return pieces
