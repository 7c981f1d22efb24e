"""Another detector's detections as candidates."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from rex_thinker_ros.referring.boxes import Box


def boxes_of(found: Sequence[Any], category: str) -> tuple[Box, ...]:
    """Return the boxes of detections (vision_msgs/Detection2D) that may be of a category.

    A detection whose best class is another name is left out; one without a class, or with a
    number for one, may be anything. One whose numbers make no box is left out, too.
    """
    boxes = []
    for one in found:
        best = max(one.results, key=lambda result: result.hypothesis.score, default=None)
        name = best.hypothesis.class_id.strip().lower() if best else ""
        if name and not name.isdigit() and name != category.lower():
            continue
        x, y = one.bbox.center.position.x, one.bbox.center.position.y
        width, height = one.bbox.size_x / 2, one.bbox.size_y / 2
        with suppress(ValueError):  # NaN, or a negative size
            boxes.append(Box(x - width, y - height, x + width, y + height))
    return tuple(boxes)
