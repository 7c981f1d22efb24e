"""A second look at an image, mirrored, where the first leaves doubt.

A detector errs otherwise on the mirrored image, so that the mean of both looks errs less.
Measured in docs/training.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rex_thinker_ros.models.grounding.detection import Detection
from rex_thinker_ros.referring.boxes import Box

LEAST = 0.05
"""What scores less in one look is no candidate whatever the other says."""

_DOUBT = (0.1, 0.6)
_SAME = 0.5  # IoU


def in_doubt(detections: Sequence[Detection]) -> bool:
    """Tell whether one of the detections scores neither high nor low."""
    low, high = _DOUBT
    return any(low < one.score < high for one in detections)


def mirrored(detection: Detection, width: int) -> Detection:
    """Return a detection in the mirrored image, in pixels of an image of that width, or back."""
    box = detection.box
    return replace(detection, box=Box(width - box.x1, box.y0, width - box.x0, box.y1))


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
