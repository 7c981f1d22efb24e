"""A Referral message as the answer of a replay."""

from __future__ import annotations

from rex_thinker_ros.apps.replaying.answer import Answer
from rex_thinker_ros.msg import PickPoint as PickPointMessage
from rex_thinker_ros.msg import Referral
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.pick_point import PickPoint
from rex_thinker_ros.ros.messages import box_of, candidate_of, seconds_of
from rex_thinker_ros.stamps import stamp_nanoseconds


def live_answer(referral: Referral) -> Answer:
    """Return what a referral says; its boxes are of whole pixels."""
    stamp = stamp_nanoseconds(referral.header.stamp)
    return Answer(
        id=referral.id,
        outcome=Outcome(referral.status),
        status_text=referral.status_text,
        expression=referral.expression,
        category=referral.category,
        boxes=tuple(map(box_of, referral.boxes)),
        candidates=tuple(map(candidate_of, referral.candidates)),
        pick_points=tuple((one.candidate, _pick_point(one)) for one in referral.pick_points),
        reasoning=referral.reasoning,
        confidence=referral.confidence or None,
        model=referral.model,
        stamp_nanoseconds=stamp,
        frame_id=referral.header.frame_id,
        image_age=seconds_of(referral.image_age) if stamp else None,
        detection_seconds=seconds_of(referral.detection_duration),
        reasoning_seconds=seconds_of(referral.reasoning_duration),
    )


def _pick_point(message: PickPointMessage) -> PickPoint:
    point, spread = message.point, message.spread
    return PickPoint(point.x, point.y, point.z, (spread.x, spread.y, spread.z), message.depth_share)
