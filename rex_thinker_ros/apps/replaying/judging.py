"""Whether what came of a command is what was expected."""

from __future__ import annotations

import math

from rex_thinker_ros.apps.evaluation.metrics import matched_ious
from rex_thinker_ros.apps.replaying.answer import Answer
from rex_thinker_ros.apps.replaying.script import Expectation, ExpectedPoint
from rex_thinker_ros.referring.boxes import Box


def faults(expect: Expectation, answer: Answer) -> list[str]:
    """Return what is not as expected, a clause each."""
    out = []
    if expect.status not in (None, answer.outcome):
        out.append(f"{expect.status.name} was expected")
    if expect.boxes is not None:
        out += _box_faults(expect.boxes, answer.boxes, expect.iou)
    if expect.point is not None:
        out += _point_faults(expect.point, answer)
    return out


def _box_faults(expected: tuple[Box, ...], found: tuple[Box, ...], floor: float) -> list[str]:
    out = []
    if len(expected) != len(found):
        out.append(f"{len(expected)} boxes were expected, not {len(found)}")
    for box, iou in zip(expected, matched_ious(expected, found, floor), strict=True):
        if iou < floor:
            edges = ", ".join(f"{edge:g}" for edge in box.as_tuple())
            out.append(f"at [{edges}] a box was expected, the best IoU is {iou:.2f}")
    return out


def _point_faults(expected: ExpectedPoint, answer: Answer) -> list[str]:
    where = ", ".join(f"{value:g}" for value in expected.xyz)
    points = [(point.x, point.y, point.z) for _, point in answer.pick_points]
    if not points:
        return [f"at [{where}] m a pick point was expected, there is none"]
    nearest = min(math.dist(point, expected.xyz) for point in points)
    if nearest <= expected.within:
        return []
    return [f"at [{where}] m a pick point was expected, the nearest is {nearest:.3f} m off"]
