"""Lay out a random tabletop in front of a random camera and say what is to be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.training.scene_object import SceneObject
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS
from rex_thinker_ros.training.world import SLOTS, TABLE, Camera, Placement, World, sample_rgb

MIN_VISIBLE_SHARE = 0.45  # of the unoccluded box; below it even people disagree on what it is
MIN_VISIBLE_AREA = 1.4e-4  # of the image
GAP = 0.012  # metres between neighbours' footprints
ATTEMPTS = 60
HIDDEN_SHARE = 0.1  # of a box under another's; most of what the detector misses lies so
CROWDED = 3  # objects of a crowded scene that lie so, at least


@dataclass(frozen=True)
class Scene:
    """A rendered tabletop: image (H, W, 3) uint8 RGB and the objects visible in it."""

    image: np.ndarray
    objects: tuple[SceneObject, ...]
    camera: Camera

    @property
    def size(self) -> Size:
        """Return the image's size."""
        return Size(self.image.shape[1], self.image.shape[0])


def sample_camera(rng: np.random.Generator, image: Size) -> Camera:
    """Draw a camera that looks down on the table from one of its long sides."""
    azimuth = np.radians(rng.uniform(-35, 35))
    elevation = np.radians(rng.uniform(32, 62))
    distance = rng.uniform(0.85, 1.2)
    target = (rng.uniform(-0.06, 0.06), rng.uniform(-0.05, 0.05), 0.0)
    flat = distance * np.cos(elevation)
    position = (
        target[0] + flat * float(np.sin(azimuth)),
        target[1] - flat * float(np.cos(azimuth)),
        distance * float(np.sin(elevation)),
    )
    narrow = 1.0 if image.width / image.height < 1.5 else 0.82
    return Camera(position, target, float(rng.uniform(42, 55) * narrow))


def sample_placements(world: World, rng: np.random.Generator) -> list[Placement]:
    """Draw 2 to 10 objects that do not touch; few categories, so that choices are hard."""
    count = int(rng.integers(2, 11))
    kinds = rng.choice(CATEGORIES, size=int(rng.integers(1, 5)), replace=False)
    weights = rng.dirichlet(np.ones(len(kinds)) * 1.5)
    palette = rng.choice(COLORS, size=int(rng.integers(2, len(COLORS) + 1)), replace=False)
    free = {category: list(rng.permutation(SLOTS)) for category in CATEGORIES}
    placed: list[Placement] = []
    footprints: list[tuple[float, float, float]] = []
    for _ in range(ATTEMPTS):
        if len(placed) == count:
            break
        category = str(rng.choice(kinds, p=weights))
        if not free[category]:
            continue
        slot = int(free[category][-1])
        vertices = world.meshes[category, slot].vertices
        radius = float(np.linalg.norm(vertices[:, :2], axis=1).max())
        x = float(rng.uniform(-TABLE[0] * 0.78, TABLE[0] * 0.78))
        y = float(rng.uniform(-TABLE[1] * 0.78, TABLE[1] * 0.78))
        if any(np.hypot(x - a, y - b) < radius + r + GAP for a, b, r in footprints):
            continue
        free[category].pop()
        footprints.append((x, y, radius))
        color = str(rng.choice(palette))
        yaw = float(rng.uniform(-np.pi, np.pi))
        placed.append(Placement(category, slot, color, sample_rgb(color, rng), x, y, yaw))
    return placed


def observe(world: World, placements: list[Placement], camera: Camera) -> Scene | None:
    """Render what the camera sees; None if something is out of view or too well hidden."""
    image = world.image
    boxes = visible_boxes(world.masks(placements), len(placements))
    objects = []
    for item, box in zip(placements, boxes, strict=True):
        if box is None:
            return None
        whole = whole_box(world, item, camera)
        inside = whole.x0 >= 0 and whole.y0 >= 0
        if not (inside and whole.x1 <= image.width and whole.y1 <= image.height):
            return None
        if box.area < max(
            MIN_VISIBLE_SHARE * whole.area, MIN_VISIBLE_AREA * image.width * image.height
        ):
            return None
        objects.append(SceneObject(item.category, item.color, box, item.x, item.y))
    return Scene(world.color_image(), tuple(objects), camera)


def visible_boxes(masks: np.ndarray, count: int) -> list[Box | None]:
    """Return each object's box in image pixels from masks (H, W) of object indices."""
    boxes: list[Box | None] = []
    for index in range(count):
        rows, columns = np.nonzero(masks == index)
        if len(rows) < 12:
            boxes.append(None)
        else:
            boxes.append(
                Box(
                    float(columns.min()),
                    float(rows.min()),
                    float(columns.max() + 1),
                    float(rows.max() + 1),
                )
            )
    return boxes


def sample_scene(world: World, rng: np.random.Generator, *, crowded: bool = False) -> Scene:
    """Draw layouts until every object of one can be seen, and render it."""
    return sample_layout(world, rng, crowded=crowded)[1]


def sample_layout(
    world: World, rng: np.random.Generator, *, least: int = 2, crowded: bool = False
) -> tuple[list[Placement], Scene]:
    """Draw layouts of at least so many objects until all of one can be seen, and render it.

    In a crowded one some objects are partly behind or before others.
    """
    while True:
        camera = sample_camera(rng, world.image)
        placements = in_view(world, sample_placements(world, rng), camera)
        if len(placements) < least or (crowded and not is_crowded(world, placements, camera)):
            continue
        world.lay_out(placements, camera, rng)
        scene = observe(world, placements, camera)
        if scene is not None:
            return placements, scene


def whole_box(world: World, item: Placement, camera: Camera) -> Box:
    """Return the box in image pixels that an object would have if nothing hid it."""
    points = camera.project(world.vertices(item), world.image)[:, :2]
    return Box(*points.min(0), *points.max(0))


def is_crowded(world: World, placements: list[Placement], camera: Camera) -> bool:
    """Tell whether some boxes lie partly over others (geometry only, nothing is rendered)."""
    boxes = [whole_box(world, item, camera) for item in placements]
    shared = [
        max((box.shared_area(other) for other in boxes if other is not box), default=0.0) / box.area
        for box in boxes
    ]
    return sum(share > HIDDEN_SHARE for share in shared) >= CROWDED


def in_view(world: World, placements: list[Placement], camera: Camera) -> list[Placement]:
    """Keep the objects that lie wholly inside the image (geometry only, nothing is rendered)."""
    kept = []
    for item in placements:
        box = whole_box(world, item, camera)
        inside = box.x0 >= 1 and box.y0 >= 1
        if inside and box.x1 <= world.image.width - 1 and box.y1 <= world.image.height - 1:
            kept.append(item)
    return kept
