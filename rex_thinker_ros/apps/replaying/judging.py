"""Whether what came of a command is what was expected."""

from __future__ import annotations

from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.apps.evaluation.metrics import matched_ious
from rex_thinker_ros.apps.replaying.script import Expectation
from rex_thinker_ros.referring.boxes import Box


def faults(expect: Expectation, result: Result) -> list[str]:
    """Return what is not as expected, a clause each."""
    out = []
    if expect.status not in (None, result.outcome):
        out.append(f"{expect.status.name} was expected")
    if expect.boxes is not None:
        out += _box_faults(expect.boxes, result.boxes, expect.iou)
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
