"""Referred objects as vision_msgs; the one place that knows whether that is installed."""

from __future__ import annotations

from std_msgs.msg import Header

from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.ros.messages import chosen_candidates

__all__ = ["HAS_VISION_MSGS", "Detection2DArray", "detections_message"]

try:
    from vision_msgs.msg import (
        BoundingBox2D,
        Detection2D,
        Detection2DArray,
        ObjectHypothesisWithPose,
    )
except ImportError:  # vision_msgs has no wheels
    HAS_VISION_MSGS = False
else:
    HAS_VISION_MSGS = True


def detections_message(result: Result) -> Detection2DArray:
    """Convert what the command means, in full-image pixels; nothing unless it was found.

    Needs HAS_VISION_MSGS.
    """
    header = result.looked.header if result.looked else Header()
    message = Detection2DArray(header=header)
    for candidate in chosen_candidates(result):
        hypothesis = ObjectHypothesisWithPose()
        hypothesis.hypothesis.class_id = result.command.category if result.command else ""
        hypothesis.hypothesis.score = float(candidate.score)
        box = BoundingBox2D(size_x=float(candidate.box.width), size_y=float(candidate.box.height))
        box.center.position.x, box.center.position.y = map(float, candidate.box.center)
        detection = Detection2D(header=header, id=str(candidate.number), bbox=box)
        detection.results.append(hypothesis)
        message.detections.append(detection)
    return message
