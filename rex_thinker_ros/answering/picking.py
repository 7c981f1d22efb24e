"""Pick points of what was found, from the camera's depth."""

from __future__ import annotations

import traceback

from rex_thinker_ros.answering.depth import DepthError
from rex_thinker_ros.answering.result import Looked
from rex_thinker_ros.answering.settings import Settings
from rex_thinker_ros.answering.sources import CameraSource, DepthSource
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.pick_point import PickPoint, pick_point
from rex_thinker_ros.stamps import stamp_nanoseconds


def pick_points(
    camera: CameraSource, looked: Looked, decision: Decision, settings: Settings
) -> tuple[tuple[int, PickPoint], ...]:
    """Return the numbers and pick points of found candidates; none where depth is missing.

    The box holds without a point: what is wrong with the depth is only told to the log.
    """
    if camera.depth is None or decision.outcome is not Outcome.FOUND:
        return ()
    try:
        return _pick_points(camera.depth, looked, decision, settings.depth_tolerance)
    except DepthError as error:
        camera.logger.info(f"No pick point: {error}")
    except Exception:  # noqa: BLE001 - nor may a fault cost the box
        camera.logger.error(f"No pick point: {traceback.format_exc()}")
    return ()


def _pick_points(
    depth: DepthSource, looked: Looked, decision: Decision, tolerance_seconds: float
) -> tuple[tuple[int, PickPoint], ...]:
    if stamp_nanoseconds(looked.header.stamp) == 0:
        raise DepthError("The image has no stamp, which says when and where its camera was.")
    view = depth.at(looked.stamp_nanoseconds, tolerance_seconds)
    if view.frame_id != looked.header.frame_id:
        raise DepthError(
            f"The depth is in the frame '{view.frame_id}', the image in "
            f"'{looked.header.frame_id}'. Publish depth that is registered to the image."
        )
    numbers = {candidate.box: candidate.number for candidate in decision.candidates}
    points = {
        numbers[box]: pick_point(view.depth, box, looked.size, view.intrinsics)
        for box in decision.boxes
    }
    return tuple((number, point) for number, point in points.items() if point)
