"""Small square pieces of scenes, for the vision tower: many objects for little arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.prompt import PATCH_PIXELS, smart_resize
from rex_thinker_ros.training.cells import IGNORE, cell_labels, covered
from rex_thinker_ros.training.disturbances import spoil
from rex_thinker_ros.training.examples import BOUNDS
from rex_thinker_ros.training.questions import Seen
from rex_thinker_ros.training.reasoner_model import image_processor
from rex_thinker_ros.training.store import StoredScene

CELLS = 3  # in a row and in a column
SIDE = CELLS * PATCH_PIXELS
PATCH = PATCH_PIXELS // 2
MOSTLY = 0.6  # of an object's box


@dataclass(frozen=True)
class Crops:
    """Patches (crops, patches, 588) in the stock order, and (crops, cells) color and category
    numbers as `cell_labels` gives them."""

    pixels: torch.Tensor
    colors: torch.Tensor
    categories: torch.Tensor


def make_crops(scenes: Sequence[StoredScene], each: int, rng: np.random.Generator) -> Crops:
    """Cut some crops around objects of each scene: shifted, scaled, half mirrored, some spoilt."""
    pictures, labels = [], []
    for scene in scenes:
        image = Image.fromarray(spoil(scene.image(), rng))
        for _ in range(each):
            region = _region(scene, rng)
            crop = np.asarray(image.resize((SIDE, SIDE), box=region.as_tuple()))
            flip = rng.random() < 0.5
            pictures.append(crop[:, ::-1] if flip else crop)
            labels.append(label_crop(scene, region, flip=flip))
    return Crops(
        cut_patches(np.stack(pictures)),
        torch.stack([colors for colors, _ in labels]),
        torch.stack([categories for _, categories in labels]),
    )


def _region(scene: StoredScene, rng: np.random.Generator) -> Box:
    """Draw a square around an object, in full-image pixels."""
    item = scene.objects[int(rng.integers(len(scene.objects)))]
    scale = scene.size.width / smart_resize(scene.size, BOUNDS).width
    side = min(SIDE * scale * rng.uniform(0.75, 1.25), scene.size.width, scene.size.height)
    corner = np.array(item.box.center) - side * rng.uniform(0.2, 0.8, 2)
    x, y = np.clip(corner, 0, [scene.size.width - side, scene.size.height - side])
    return Box(float(x), float(y), float(x + side), float(y + side))


def label_crop(scene: StoredScene, region: Box, *, flip: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Label the crop's cells; those of objects that are mostly outside of it are ignored."""
    scale = SIDE / region.width
    seen, cut = [], []
    for item in scene.objects:
        box = item.box
        x0, x1 = sorted(float(np.clip((x - region.x0) * scale, 0, SIDE)) for x in (box.x0, box.x1))
        y0, y1 = (float(np.clip((y - region.y0) * scale, 0, SIDE)) for y in (box.y0, box.y1))
        if x1 - x0 < 1 or y1 - y0 < 1:
            continue
        part = Box(SIDE - x1, y0, SIDE - x0, y1) if flip else Box(x0, y0, x1, y1)
        if part.area < MOSTLY * box.area * scale**2:
            cut.append(part)
        else:
            seen.append(Seen(item.category, item.color, part))
    both = cell_labels(seen, (CELLS, CELLS))
    for part in cut:
        for labels in both:
            labels[torch.from_numpy(covered(part, (CELLS, CELLS)) > 0)] = IGNORE
    return both


def cut_patches(pictures: np.ndarray) -> torch.Tensor:
    """Normalise (n, SIDE, SIDE, 3) uint8 as the stock processor does, and cut into patches."""
    processor = image_processor()
    mean, std = torch.tensor(processor.image_mean), torch.tensor(processor.image_std)
    x = (torch.from_numpy(pictures) * processor.rescale_factor - mean) / std
    # rows of cells, patch rows in a cell, pixel rows; the same for columns; colors
    x = x.view(len(pictures), CELLS, 2, PATCH, CELLS, 2, PATCH, 3)
    return x.permute(0, 1, 4, 2, 5, 7, 3, 6).reshape(len(pictures), 4 * CELLS**2, -1)
