"""Measure the pick point on rendered tabletops that nothing was tuned on.

`python benchmarks/pick_point.py --help`

Each world is rendered twice over: as the test scenes are, and crowded, seen from low down, so that
objects hide parts of each other. The boxes are the true ones of the visible parts. The depth is
the true one with noise, dropouts, and rims where it is unknown or flies between near and far.
Needs MuJoCo and libOSMesa: scripts/setup --dev, apt install libosmesa6.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.pick_point import Intrinsics, PickPoint, pick_point
from rex_thinker_ros.training.scene import (
    MIN_VISIBLE_AREA,
    in_view,
    sample_camera,
    sample_placements,
    visible_boxes,
)
from rex_thinker_ros.training.scenes import HELD_OUT_SIZES
from rex_thinker_ros.training.store import HELD_OUT_SEED
from rex_thinker_ros.training.vocabulary import CATEGORIES
from rex_thinker_ros.training.world import SLOTS, Camera, Placement, World

FIRST_SEED = 2 * HELD_OUT_SEED  # neither training nor the choice of the method saw these
LEAST_VISIBLE = 0.3  # of the box of the whole object
JUMP = 0.03  # neighbours whose depths differ by more, in parts, are a rim
FARTHEST = 10.0  # metres that the depth camera sees

Depth = NDArray[np.float32]
Picker = Callable[[Depth, Box, Size, Intrinsics], PickPoint | None]


@dataclass(frozen=True)
class View:
    """True depth in metres and the index of the placement at each pixel, -1 for none."""

    depth: Depth
    masks: NDArray[np.int16]
    intrinsics: Intrinsics
    boxes: tuple[tuple[int, str, Box], ...]  # index, category, box in pixels


@dataclass(frozen=True)
class Pick:
    """How one pick went; millimetres is nan where there was no point."""

    category: str
    on_object: bool
    millimetres: float
    seconds: float


def crowd(world: World, rng: np.random.Generator) -> list[Placement]:
    """Put up to 14 objects close together."""
    placed: list[Placement] = []
    footprints: list[tuple[float, float, float]] = []
    free = {(category, slot) for category in CATEGORIES for slot in range(SLOTS)}
    for _ in range(300):
        category, slot = sorted(free)[rng.integers(len(free))]
        radius = float(np.linalg.norm(world.meshes[category, slot].vertices[:, :2], axis=1).max())
        x, y = (float(place) for place in rng.uniform(-0.3, 0.3, 2))
        if all(np.hypot(x - a, y - b) > radius + r + 0.003 for a, b, r in footprints):
            free.remove((category, slot))
            footprints.append((x, y, radius))
            yaw = float(rng.uniform(-np.pi, np.pi))
            placed.append(Placement(category, slot, "red", (0.8, 0.1, 0.1), x, y, yaw))
        if len(placed) == 14:
            break
    return placed


def low_camera(rng: np.random.Generator) -> Camera:
    """Look at the table's middle from 15 to 50 degrees above it."""
    azimuth, elevation = rng.uniform(-np.pi, np.pi), np.radians(rng.uniform(15, 50))
    distance = rng.uniform(0.8, 1.2)
    flat = distance * np.cos(elevation)
    x, y = flat * np.sin(azimuth), -flat * np.cos(azimuth)
    position = (float(x), float(y), float(distance * np.sin(elevation)))
    return Camera(position, (0.0, 0.0, 0.03), float(rng.uniform(42, 55)))


def look(world: World, rng: np.random.Generator, *, crowded: bool) -> View:
    """Lay out a scene and render its depth and masks."""
    size = world.image
    camera = low_camera(rng) if crowded else sample_camera(rng, size)
    placements = crowd(world, rng) if crowded else sample_placements(world, rng)
    placements = in_view(world, placements, camera)
    world.lay_out(placements, camera, rng)
    masks = world.masks(placements)
    boxes = []
    for index, box in enumerate(visible_boxes(masks, len(placements))):
        points = camera.project(world.vertices(placements[index]), size)[:, :2]
        whole = Box(*points.min(0), *points.max(0))
        least = max(LEAST_VISIBLE * whole.area, MIN_VISIBLE_AREA * size.width * size.height)
        if box and box.area >= least:
            boxes.append((index, placements[index].category, box))
    focal = camera.focal(size)
    middle = size.width / 2 - 0.5, size.height / 2 - 0.5
    intrinsics = Intrinsics(focal, focal, *middle, size.width, size.height)
    return View(world.depth_image().astype(np.float32), masks, intrinsics, tuple(boxes))


def sense(depth: Depth, noise: float, dropouts: float, rng: np.random.Generator) -> Depth:
    """Return what a depth camera makes of the true depth."""
    near, far = depth.copy(), depth.copy()
    for shift in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        near = np.minimum(near, np.roll(depth, shift, (0, 1)))
        far = np.maximum(far, np.roll(depth, shift, (0, 1)))
    rim = far - near > JUMP * near
    sensed = depth * (1 + noise * rng.standard_normal(depth.shape))
    kind = rng.random(depth.shape)
    flying = near + (far - near) * rng.random(depth.shape)
    sensed = np.where(rim & (kind < 0.3), flying, sensed)
    sensed[rim & (kind > 0.6)] = np.nan
    sensed[rng.random(depth.shape) < dropouts] = np.nan
    sensed[depth > FARTHEST] = np.nan
    return sensed.astype(np.float32)


def disturb(box: Box, error: float, size: Size, rng: np.random.Generator) -> Box:
    """Move each edge by a random part of the box's side."""
    x0, x1 = sorted(np.array([box.x0, box.x1]) + rng.normal(0, error, 2) * box.width)
    y0, y1 = sorted(np.array([box.y0, box.y1]) + rng.normal(0, error, 2) * box.height)
    return Box(float(x0), float(y0), float(x1), float(y1)).clipped(size)


def middle_of_the_box(
    depth: Depth, box: Box, color_size: Size, intrinsics: Intrinsics
) -> PickPoint | None:
    """Pick the simplest way, to compare with: the box's middle with the median depth there."""
    (x, y), wide, high = box.center, box.width * 0.075, box.height * 0.075
    around = depth[int(y - high) : int(y + high) + 1, int(x - wide) : int(x + wide) + 1]
    if not np.isfinite(around).any():
        return None
    u, v, z = int(x), int(y), float(np.nanmedian(around))
    place = (u - intrinsics.cx) * z / intrinsics.fx, (v - intrinsics.cy) * z / intrinsics.fy
    return PickPoint(*place, z, (0.0, 0.0, 0.0), 0.0)


def surface_middle(view: View, index: int) -> NDArray[np.float64]:
    """Return the true point, in metres, seen at the object's pixel nearest to its mean pixel."""
    v, u = np.nonzero(view.masks == index)
    nearest = np.argmin((u - u.mean()) ** 2 + (v - v.mean()) ** 2)
    z, camera = view.depth[v[nearest], u[nearest]], view.intrinsics
    x, y = (u[nearest] - camera.cx) / camera.fx, (v[nearest] - camera.cy) / camera.fy
    return np.array([x * z, y * z, z])


def judge(picker: Picker, view: View, sensed: Depth, index: int, category: str, box: Box) -> Pick:
    """Pick one object and compare with what is truly there."""
    camera = view.intrinsics
    start = time.perf_counter()
    point = picker(sensed, box, Size(camera.width, camera.height), camera)
    seconds = time.perf_counter() - start
    if point is None:
        return Pick(category, False, np.nan, seconds)
    u = round(point.x / point.z * camera.fx + camera.cx)
    v = round(point.y / point.z * camera.fy + camera.cy)
    off = np.array([point.x, point.y, point.z]) - surface_middle(view, index)
    on_object = bool(view.masks[v, u] == index)
    return Pick(category, on_object, 1000 * float(np.linalg.norm(off)), seconds)


def run(args: argparse.Namespace, *, crowded: bool) -> Iterator[tuple[str, Pick]]:
    """Yield every picker's picks."""
    pickers: dict[str, Picker] = {
        "pick_point": pick_point, "middle of the box": middle_of_the_box,
    }  # fmt: skip
    seeds = range(FIRST_SEED + args.first, FIRST_SEED + args.first + args.worlds)
    for seed in track(seeds, "Crowded" if crowded else "As the test scenes"):
        rng = np.random.default_rng([seed, crowded])
        size = HELD_OUT_SIZES[seed % len(HELD_OUT_SIZES)]
        world = World(rng, size)
        try:
            for _ in range(args.scenes):
                view = look(world, rng, crowded=crowded)
                sensed = sense(view.depth, args.noise, args.dropouts, rng)
                for index, category, box in view.boxes:
                    given = disturb(box, args.box_error, size, rng)
                    for name, picker in pickers.items():
                        yield name, judge(picker, view, sensed, index, category, given)
        finally:
            world.close()


def line(name: str, picks: list[Pick]) -> str:
    """Return one line of the table."""
    off = np.array([pick.millimetres for pick in picks])
    median, most = np.nanpercentile(off, [50, 95])
    on_object = 100 * np.mean([pick.on_object for pick in picks])
    spent = 1000 * np.median([pick.seconds for pick in picks])
    return (
        f"{name:<20}{len(picks):>7}{np.isnan(off).sum():>7}{on_object:>10.2f}{median:>9.1f}"
        f"{most:>9.1f}{spent:>9.1f}"
    )


def main() -> None:
    """Print a table for each kind of scene."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=20, help="worlds of shapes (20)")
    parser.add_argument("--scenes", type=int, default=10, help="scenes in each world (10)")
    parser.add_argument("--first", type=int, default=0, help="number of the first world (0)")
    parser.add_argument(
        "--noise", type=float, default=0.005, help="standard deviation in parts of depth (0.005)"
    )
    parser.add_argument(
        "--dropouts", type=float, default=0.05, help="share of pixels without depth (0.05)"
    )
    parser.add_argument(
        "--box-error", type=float, default=0.0,
        help="standard deviation of the boxes' edges in parts of their sides (0)",
    )  # fmt: skip
    args = parser.parse_args()
    for crowded in (False, True):
        picks = list(run(args, crowded=crowded))
        print("\ncrowded, seen from low down" if crowded else "\nas the test scenes")
        print(
            f"{'':<20}{'picks':>7}{'none':>7}{'on it, %':>10}{'med, mm':>9}{'p95, mm':>9}{'ms':>9}"
        )
        for name in dict.fromkeys(name for name, _ in picks):
            print(line(name, [pick for picker, pick in picks if picker == name]))
        ours = [pick for name, pick in picks if name == "pick_point"]
        for category in CATEGORIES:
            print(line(f"  {category}", [pick for pick in ours if pick.category == category]))


if __name__ == "__main__":
    main()
