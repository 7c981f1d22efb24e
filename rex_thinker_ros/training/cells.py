"""The image's cells, each of which becomes one token: how boxes cover them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.prompt import PATCH_PIXELS
from rex_thinker_ros.training.hiding import hides
from rex_thinker_ros.training.questions import Seen
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS

IGNORE = -100  # the target that cross entropy leaves out


def covered(box: Box, cells: tuple[int, int]) -> np.ndarray:
    """Return (cells,) float32: the share of each cell that a box in resized pixels covers.

    `cells`: rows and columns; the first row comes first.
    """

    def overlap(low: float, high: float, count: int) -> np.ndarray:
        edges = np.arange(count + 1) * PATCH_PIXELS
        return np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, None)

    area = np.outer(overlap(box.y0, box.y1, cells[0]), overlap(box.x0, box.x1, cells[1]))
    return (area / PATCH_PIXELS**2).astype(np.float32).ravel()


def shown(box: Box, others: Sequence[Box], cells: tuple[int, int]) -> np.ndarray:
    """Return (cells,) float32: the share of each cell that a box covers and no nearer one does."""
    hidden = [covered(_common(box, o), cells) for o in others if hides(o, box)]
    return covered(box, cells) - np.max(hidden, axis=0, initial=0)


def _common(box: Box, other: Box) -> Box:
    """Return the intersection of two boxes that share some area."""
    x0, y0 = max(box.x0, other.x0), max(box.y0, other.y0)
    return Box(x0, y0, min(box.x1, other.x1), min(box.y1, other.y1))


def cell_mask(box: Box, others: Sequence[Box], cells: tuple[int, int]) -> np.ndarray:
    """Return (cells,) float32: how much each cell shows of what a box holds, 1 where most of it."""
    share = shown(box, others, cells)
    if not share.max() > 0:  # it shows between the corners of others' boxes
        share = covered(box, cells)
    return share / share.max() if share.max() > 0 else share


def cell_labels(
    objects: Sequence[Seen], cells: tuple[int, int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (cells,) color and category numbers of the object that fills each cell most.

    0 is the table; IGNORE where a box covers too little of the cell to tell.
    """
    boxes = [item.box for item in objects]
    colors = np.zeros(cells[0] * cells[1], np.int64)
    categories = np.zeros_like(colors)
    for item in sorted(objects, key=lambda o: -o.box.area):
        x, y = item.box.center
        wide, high = item.box.width * 0.35, item.box.height * 0.35
        seen = shown(item.box, boxes, cells)
        touched = seen > 0.02
        core = np.minimum(covered(Box(x - wide, y - high, x + wide, y + high), cells), seen)
        mine = core >= max(0.5 * core.max(), 0.12)
        for labels, number in (
            (colors, COLORS.index(item.color) + 1),
            (categories, CATEGORIES.index(item.category) + 1),
        ):
            labels[touched] = IGNORE
            labels[mine] = number
    return torch.from_numpy(colors), torch.from_numpy(categories)
