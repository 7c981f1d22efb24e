"""The boxes of a scene's objects as the detector's losses take them."""

from __future__ import annotations

import torch

from rex_thinker_ros.training.store import StoredScene


def object_corners(scene: StoredScene, *, mirrored: bool) -> torch.Tensor:
    """Return (n, 4) corners (x0, y0, x1, y1) in parts of the image's sides."""
    sides = torch.tensor([scene.size.width, scene.size.height] * 2)
    boxes = torch.tensor([item.box.as_tuple() for item in scene.objects]).view(-1, 4) / sides
    if mirrored:
        x0, y0, x1, y1 = boxes.unbind(1)
        boxes = torch.stack([1 - x1, y0, 1 - x0, y1], 1)
    return boxes
