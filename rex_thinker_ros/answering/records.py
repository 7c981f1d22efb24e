"""Results to records of the decision log."""

from __future__ import annotations

from datetime import datetime

from rex_thinker_ros.answering.log_folder import frame_file
from rex_thinker_ros.answering.result import Looked, Result
from rex_thinker_ros.referring.confidence import deciding_margin
from rex_thinker_ros.referring.decision_record import (
    DecisionRecord,
    RecordedImage,
    RecordedPoint,
    RecordedReading,
    RecordedReferral,
    rgb_sha256,
)
from rex_thinker_ros.referring.pick_point import PickPoint
from rex_thinker_ros.referring.reading import Reading
from rex_thinker_ros.referring.referral import Referral


def to_record(result: Result, time: datetime, lost: int) -> DecisionRecord:
    """Return what the log keeps of a result; `lost` as in DecisionRecord."""
    image = _recorded_image(result.looked, result.request.id) if result.looked else None
    return DecisionRecord(
        time=time,
        id=result.request.id,
        lost=lost,
        camera=result.request.query.camera,
        sentence=result.request.query.sentence,
        status=result.outcome,
        status_text=result.status_text,
        command=result.command,
        image=image,
        referral=_recorded_referral(result.referral, result, image) if result.referral else None,
        answers=result.answers,
        pick_points=tuple(_recorded_point(*numbered) for numbered in result.pick_points),
    )


def _recorded_image(looked: Looked, id_: str) -> RecordedImage:
    return RecordedImage(
        file=frame_file(id_),
        size=looked.size,
        sha256=rgb_sha256(looked.image),
        stamp_sec=looked.header.stamp.sec,
        stamp_nanosec=looked.header.stamp.nanosec,
        frame_id=looked.header.frame_id,
        age_seconds=looked.age_seconds,
        convert_seconds=looked.convert_seconds or 0.0,
    )


def _recorded_referral(
    referral: Referral, result: Result, image: RecordedImage | None
) -> RecordedReferral:
    decision = referral.decision
    return RecordedReferral(
        candidates=decision.candidates,
        boxes=result.boxes,
        reasoning=referral.reasoning,
        tokens=referral.tokens,
        confidence=decision.confidence,
        model=referral.model,
        detection_seconds=referral.detection_seconds,
        first_token_seconds=referral.first_token_seconds,
        reasoning_seconds=referral.reasoning_seconds,
        decision_seconds=referral.decision_seconds,
        readings=_recorded_readings(referral, result.looked, image),
        counted=referral.counted,
    )


def _recorded_readings(
    referral: Referral, looked: Looked | None, image: RecordedImage | None
) -> tuple[RecordedReading, ...]:
    if looked is None or image is None or len(referral.readings) < 2:
        return ()
    first, *further = referral.readings  # the first is shown the image as it is
    return (
        _recorded_reading(first, image.sha256),
        *(_recorded_reading(r, rgb_sha256(r.view.window.of(looked.image))) for r in further),
    )


def _recorded_reading(reading: Reading, sha256: str) -> RecordedReading:
    completion = reading.completion
    return RecordedReading(
        view=reading.view,
        sha256=sha256,
        reasoning=completion.text,
        tokens=completion.tokens,
        stop=completion.stop,
        confidence=deciding_margin(completion.text, completion.margins),
    )


def _recorded_point(number: int, point: PickPoint) -> RecordedPoint:
    return RecordedPoint(number, point.x, point.y, point.z, *point.spread, point.depth_share)
