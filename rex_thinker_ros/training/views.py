"""A scene as training shows it to the models: cut, mirrored, badly lit or out of focus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rex_thinker_ros.training.disturbances import spoil
from rex_thinker_ros.training.store import StoredScene

CUT = 0.5  # share of views that show a part of the image
LARGEST_CUT = 0.2  # of the image's side, at each edge


@dataclass(frozen=True)
class View:
    """An image (H, W, 3) uint8 RGB and its objects' corners (n, 4) in parts of its sides."""

    image: np.ndarray
    corners: torch.Tensor


def draw_view(scene: StoredScene, rng: np.random.Generator) -> View:
    """Draw a view in which every object is as visible as in the scene."""
    image = scene.image()
    boxes = np.array([item.box.as_tuple() for item in scene.objects]).reshape(-1, 4)
    if rng.random() < CUT:
        x0, y0, x1, y1 = _window(boxes, scene, rng)
        image = image[y0:y1, x0:x1]
        boxes = boxes - [x0, y0, x0, y0]
    corners = boxes / ([image.shape[1], image.shape[0]] * 2)
    if rng.random() < 0.5:
        image = image[:, ::-1]
        corners = np.stack([1 - corners[:, 2], corners[:, 1], 1 - corners[:, 0], corners[:, 3]], 1)
    return View(spoil(image, rng), torch.tensor(corners, dtype=torch.float32))


def _window(
    boxes: np.ndarray, scene: StoredScene, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Return x0, y0, x1, y1 in full-image pixels of a window that holds all boxes (n, 4)."""
    sides = np.array([scene.size.width, scene.size.height])
    low = np.minimum(boxes[:, :2].min(0), LARGEST_CUT * sides)
    high = np.maximum(boxes[:, 2:].max(0), (1 - LARGEST_CUT) * sides)
    x0, y0 = (int(edge) for edge in rng.uniform(0, low))
    x1, y1 = (int(np.ceil(edge)) for edge in rng.uniform(high, sides))
    return x0, y0, x1, y1
