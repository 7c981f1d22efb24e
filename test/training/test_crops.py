"""Crops show what their labels say, in the patches that the stock processor would cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.training.cells import IGNORE
from rex_thinker_ros.training.crops import CELLS, SIDE, cut_patches, label_crop, make_crops
from rex_thinker_ros.training.effects import to_jpeg
from rex_thinker_ros.training.scene_object import SceneObject
from rex_thinker_ros.training.store import StoredScene
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS

IMAGE = Size(448, 336)
BALL = SceneObject("ball", "red", Box(100, 100, 140, 140), 0, 0)


def scene(*objects: SceneObject) -> StoredScene:
    picture = np.full((IMAGE.height, IMAGE.width, 3), 90, np.uint8)
    for item in objects:
        x0, y0, x1, y1 = map(int, item.box.as_tuple())
        picture[y0:y1, x0:x1] = (200, 20, 20)
    return StoredScene(to_jpeg(picture, 95), IMAGE, objects)


def test_patches_equal_the_stock_processors() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)
    stock = Qwen2VLImageProcessorPil(size={"shortest_edge": 56 * 56, "longest_edge": SIDE**2})
    values = stock(images=[picture], return_tensors="pt")["pixel_values"]
    one_frame = values.view(len(values), 3, 2, 196)[:, :, 0].flatten(1)
    assert torch.allclose(cut_patches(picture[None])[0], one_frame, atol=1e-5)


@pytest.mark.parametrize(("flip", "column"), [(False, 0), (True, CELLS - 1)])
def test_a_mirrored_crop_has_mirrored_labels(flip: bool, column: int) -> None:
    region = Box(100, 100, 100 + SIDE, 100 + SIDE)  # the ball is in its top left corner
    colors, categories = label_crop(scene(BALL), region, flip=flip)
    grid = categories.view(CELLS, CELLS)
    assert grid[0, column] == CATEGORIES.index("ball") + 1
    assert grid[CELLS - 1, CELLS - 1 - column] == 0
    assert colors.view(CELLS, CELLS)[0, column] == COLORS.index("red") + 1


def test_an_object_that_is_mostly_outside_is_not_named() -> None:
    region = Box(130, 100, 130 + SIDE, 100 + SIDE)  # a quarter of the ball is inside
    _, categories = label_crop(scene(BALL), region, flip=False)
    assert categories.view(CELLS, CELLS)[0, 0] == IGNORE
    assert not (categories > 0).any()


def test_red_cells_are_labelled_red() -> None:
    crops = make_crops([scene(BALL)], 40, np.random.default_rng(1))
    redness = crops.pixels.view(40, CELLS * CELLS, 4, 3, -1)
    redness = (redness[:, :, :, 0] - redness[:, :, :, 2]).mean((2, 3))
    red = crops.colors == COLORS.index("red") + 1
    assert red.any(1).float().mean() > 0.8
    assert redness[red].mean() > 3 * redness[crops.colors == 0].mean().abs() + 0.5
