"""A second look at an image, mirrored and moved a little, where the first leaves doubt.

What falls between the cells of a model's feature maps in one look lies otherwise in the other, so
that the mean of both looks errs less. Measured in docs/training.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rex_thinker_ros.models.grounding.detection import Detection
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.window import Window

LEAST = 0.05
"""What scores less in one look is no candidate whatever the other says."""

_DOUBT = (0.1, 0.7)
_SAME = 0.5  # IoU
_MOVED = 1 / 60  # of the image's width: half a cell of the finest map of the embedded one


def in_doubt(detections: Sequence[Detection]) -> bool:
    """Tell whether one of the detections scores neither high nor low."""
    low, high = _DOUBT
    return any(low < one.score < high for one in detections)


def other_view(image: RgbImage) -> RgbImage:
    """Return the image moved to the right and down, and then mirrored, as large as before.

    The mean colour fills what becomes free; as much is lost at the other edges.
    """
    height, width = image.shape[:2]
    moved = _moved(width)
    window = Window(-moved, -moved, width - moved, height - moved)
    return np.ascontiguousarray(window.of(image)[:, ::-1])


def seen_from_here(detections: Sequence[Detection], size: Size) -> list[Detection]:
    """Return the detections in other_view as those in the image, of that size in pixels.

    What lies outside of it is left out.
    """
    moved = _moved(size.width)
    boxes = [
        Box(
            size.width - one.box.x1 - moved, one.box.y0 - moved,
            size.width - one.box.x0 - moved, one.box.y1 - moved,
        ).clipped(size)
        for one in detections
    ]  # fmt: skip
    return [
        replace(one, box=box)
        for one, box in zip(detections, boxes, strict=True)
        if box.width >= 1 and box.height >= 1
    ]


def both_looks(first: Sequence[Detection], second: Sequence[Detection]) -> list[Detection]:
    """Return the mean of two looks: those of the first in their order, then what it lacks.

    Boxes are in pixels of the same image. Detections of both looks are paired by their overlap,
    the surest first, and their boxes count as their scores do. What only one look has gets half of
    its scores.
    """
    left = list(second)
    means: dict[int, Detection] = {}
    for place in sorted(range(len(first)), key=lambda i: -first[i].score):
        best = max(left, key=lambda other: first[place].box.iou(other.box), default=None)
        if best is not None and first[place].box.iou(best.box) >= _SAME:
            left.remove(best)
            means[place] = _mean(first[place], best)
        else:
            means[place] = _halved(first[place])
    return [means[place] for place in range(len(first))] + [_halved(one) for one in left]


def _moved(width: int) -> int:
    return round(_MOVED * width)


def _mean(one: Detection, other: Detection) -> Detection:
    share = one.score / (one.score + other.score)
    edges = zip(one.box.as_tuple(), other.box.as_tuple(), strict=True)
    return Detection(
        Box(*(share * a + (1 - share) * b for a, b in edges)),
        (one.score + other.score) / 2,
        (one.word_score + other.word_score) / 2,
    )


def _halved(one: Detection) -> Detection:
    return replace(one, score=one.score / 2, word_score=one.word_score / 2)
