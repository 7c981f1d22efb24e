"""Path-traced tabletops: a look of their own, with the truth of the same shapes."""

from __future__ import annotations

import ctypes.util

import numpy as np
import pytest

from rex_thinker_ros.referring.boxes import Box, Size

# the masks are MuJoCo's, whose renderer needs a library that is not a Python package
if ctypes.util.find_library("OSMesa") is None:
    pytest.skip("rendering needs libOSMesa: apt install libosmesa6", allow_module_level=True)

from rex_thinker_ros.training.path_traced import TracedWorld, trace_world
from rex_thinker_ros.training.shapes import Mesh, ball, block, revolve
from rex_thinker_ros.training.traced_parts import corner_normals
from rex_thinker_ros.training.world import Camera, Placement, World

IMAGE = Size(160, 120)
ABOVE = Camera((0.0, -0.6, 0.6), (0.0, 0.0, 0.0), 40.0)
RED = (0.8, 0.05, 0.05)


def test_an_object_is_traced_where_its_mask_is() -> None:
    rng = np.random.default_rng(3)
    world = TracedWorld(rng, IMAGE)
    try:
        mug = Placement("mug", 0, "red", RED, 0.08, 0.05, 0.7)
        world.lay_out([mug], ABOVE, rng)
        mask = world.masks([mug]) == 0
        image = world.color_image().astype(int)
    finally:
        world.close()
    red = image[..., 0] > 1.6 * image[..., 1:].max(2)
    assert box_of(red).iou(box_of(mask)) > 0.85
    assert image[mask].mean(0)[0] > 100


def box_of(mask: np.ndarray) -> Box:
    rows, columns = np.nonzero(mask)
    return Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_it_looks_other_than_what_training_shows() -> None:
    images = []
    for kind in (World, TracedWorld):
        rng = np.random.default_rng(4)
        world = kind(rng, IMAGE)
        try:
            world.lay_out([Placement("ball", 0, "red", RED, 0.0, 0.0, 0.0)], ABOVE, rng)
            images.append(world.color_image().astype(int))
        finally:
            world.close()
    assert images[0].shape == images[1].shape == (120, 160, 3)
    assert np.abs(images[0] - images[1]).mean() > 10


def test_a_seed_gives_the_same_truth_again_and_nearly_the_same_image() -> None:
    (first,), (again,) = (trace_world(7, IMAGE, 1) for _ in range(2))
    assert first.objects == again.objects
    assert 2 <= len(first.objects) <= 10
    # threads add up their blocks of the image in any order
    assert np.abs(first.image().astype(int) - again.image()).mean() < 0.1


@pytest.mark.parametrize(
    ("mesh", "least"),
    [
        pytest.param(ball(np.random.default_rng(0)), 7, id="a ball is round"),
        pytest.param(revolve([(1e-4, 0), (1, 0), (1, 1), (1e-4, 1)]), 6, id="a drum has edges"),
        pytest.param(block(np.random.default_rng(0)), 0, id="a block is flat"),
    ],
)
def test_corners_blend_faces_but_not_across_sharp_edges(mesh: Mesh, least: float) -> None:
    normals, corners = corner_normals(mesh), mesh.vertices[mesh.faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    off = np.degrees(np.arccos(np.clip((normals * flat[:, None]).sum(2), -1, 1)))
    assert least <= off.max() < 13  # 28 faces around: 12.9 degrees from one to the next
    assert np.linalg.norm(normals, axis=2) == pytest.approx(1)
