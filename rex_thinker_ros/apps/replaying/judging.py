"""Whether what came of a command is what was expected."""

from __future__ import annotations

from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.apps.replaying.script import Expectation
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.outcome import Outcome


def found_boxes(result: Result) -> tuple[Box, ...]:
    """Return the boxes of a result, in full-image pixels; none unless it is FOUND."""
    if result.outcome is not Outcome.FOUND or result.referral is None:
        return ()
    return result.referral.decision.boxes


def faults(expect: Expectation, result: Result) -> list[str]:
    """Return what is not as expected, a clause each."""
    out = []
    if expect.status not in (None, result.outcome):
        out.append(f"{expect.status.name} was expected")
    if expect.boxes is not None:
        out += _box_faults(expect.boxes, found_boxes(result), expect.iou)
    return out


def _box_faults(expected: tuple[Box, ...], found: tuple[Box, ...], floor: float) -> list[str]:
    out = []
    if len(expected) != len(found):
        out.append(f"{len(expected)} boxes were expected, not {len(found)}")
    left = list(found)
    for box in expected:
        best = max(left, key=box.iou, default=None)
        iou = 0.0 if best is None else box.iou(best)
        if best is None or iou < floor:
            edges = ", ".join(f"{edge:g}" for edge in box.as_tuple())
            out.append(f"at [{edges}] a box was expected, the best IoU is {iou:.2f}")
        else:
            left.remove(best)
    return out
