"""Pick points of what was found, from the camera's depth."""

from __future__ import annotations

import logging

from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.pick_point import PickPoint, pick_point
from rex_thinker_ros.ros.camera import Camera
from rex_thinker_ros.ros.depth import DepthError
from rex_thinker_ros.ros.parameters import Parameters
from rex_thinker_ros.ros.result import Looked

_log = logging.getLogger(__name__)


def pick_points(
    camera: Camera, looked: Looked, decision: Decision, settings: Parameters
) -> tuple[tuple[int, PickPoint], ...]:
    """Return the numbers and pick points of found candidates; none where depth is missing."""
    if camera.depth is None or decision.outcome is not Outcome.FOUND:
        return ()
    try:
        view = camera.depth.at(looked.stamp_nanoseconds, settings.depth_tolerance)
    except DepthError as error:
        _log.info("No pick point: %s", error)
        return ()
    numbers = {candidate.box: candidate.number for candidate in decision.candidates}
    points = {
        numbers[box]: pick_point(view.depth, box, looked.size, view.intrinsics)
        for box in decision.boxes
    }
    return tuple((number, point) for number, point in points.items() if point)
