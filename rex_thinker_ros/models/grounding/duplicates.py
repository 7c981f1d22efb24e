"""Keep the best of boxes that show the same object."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.boxes import Box


def best_distinct(
    boxes: Sequence[Box], scores: Sequence[float], *, max_iou: float, limit: int
) -> list[int]:
    """Return the indices of the boxes to keep, in ascending order.

    The best score goes first and removes what overlaps it by more than max_iou, until limit boxes
    are kept. All boxes share one coordinate space; ties go to the lower index.
    """
    kept: list[int] = []
    for index in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if len(kept) == limit:
            break
        if all(boxes[index].iou(boxes[other]) <= max_iou for other in kept):
            kept.append(index)
    return sorted(kept)
