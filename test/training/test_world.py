"""Rendered tabletops: what is said to be there is there, and a seed is a scene."""

from __future__ import annotations

import os

import numpy as np
import pytest
from rendering import NO_RENDERING, can_render

from rex_thinker_ros.referring.boxes import Box, Size

if not can_render():
    pytest.skip(NO_RENDERING, allow_module_level=True)

from rex_thinker_ros.training.scene import CROWDED, Scene, sample_scene
from rex_thinker_ros.training.scenes import render_world
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS
from rex_thinker_ros.training.world import Camera, Placement, World

IMAGE = Size(320, 240)
ABOVE = Camera((0.0, -0.6, 0.6), (0.0, 0.0, 0.0), 50.0)


@pytest.fixture(scope="module")
def scene() -> Scene:
    os.environ.setdefault("MUJOCO_GL", "osmesa")
    rng = np.random.default_rng(5)
    world = World(rng, IMAGE)
    try:
        return sample_scene(world, rng)
    finally:
        world.close()


def test_a_camera_sees_its_target_in_the_middle_and_what_is_right_of_it_on_the_right() -> None:
    points = ABOVE.project(np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.0, 0.0, 0.1]]), IMAGE)
    assert np.allclose(points[0], [160, 120, np.hypot(0.6, 0.6)])
    assert points[1][0] > 160
    assert points[2][1] < 120


def test_every_object_is_named_and_lies_in_the_image(scene: Scene) -> None:
    assert scene.image.shape == (240, 320, 3)
    assert 2 <= len(scene.objects) <= 10
    for item in scene.objects:
        assert item.category in CATEGORIES
        assert item.color in COLORS
        assert 0 <= item.box.x0 < item.box.x1 <= 320
        assert 0 <= item.box.y0 < item.box.y1 <= 240


def test_the_mask_of_an_object_fills_its_projection() -> None:
    rng = np.random.default_rng(1)
    world = World(rng, IMAGE)
    try:
        ball = Placement("ball", 0, "red", (0.8, 0.1, 0.1), 0.05, 0.0, 0.0)
        world.lay_out([ball], ABOVE, rng)
        rows, columns = np.nonzero(world.masks([ball]) == 0)
        seen = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        points = ABOVE.project(world.vertices(ball), IMAGE)[:, :2]
        assert seen.iou(Box(*points.min(0), *points.max(0))) > 0.85
        red, green, blue = world.color_image()[rows, columns].mean(0)
        assert red > 2 * max(green, blue)
        nearest = world.depth_image()[rows, columns].min()
        assert 0.7 < nearest < np.hypot(0.6, 0.6)
    finally:
        world.close()


def test_a_seed_gives_the_same_scenes_again() -> None:
    first, again = (render_world(7, IMAGE, 2) for _ in range(2))
    assert [s.objects for s in first] == [s.objects for s in again]
    assert [s.jpeg for s in first] == [s.jpeg for s in again]


def test_in_a_crowded_scene_objects_partly_hide_others() -> None:
    for scene in render_world(7, IMAGE, 3, crowded=True):
        boxes = [item.box for item in scene.objects]
        shares = [max(a.shared_area(b) / a.area for b in boxes if b is not a) for a in boxes]
        # these are boxes of what is seen, which share less than the whole ones that were asked for
        assert sum(share > 0 for share in shares) >= CROWDED, shares
