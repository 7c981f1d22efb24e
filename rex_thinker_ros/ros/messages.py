"""Results and arrays to messages."""

from __future__ import annotations

import array
from collections.abc import Sequence

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, PointStamped, Vector3
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Header

from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.msg import Candidate as CandidateMessage
from rex_thinker_ros.msg import PickPoint as PickPointMessage
from rex_thinker_ros.msg import Referral as ReferralMessage
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.pick_point import PickPoint
from rex_thinker_ros.stamps import NANOSECONDS, split_seconds


def region(box: Box) -> RegionOfInterest:
    """Cover a box, in full-image pixels, with whole pixels."""
    left, top, width, height = box.whole_pixels()
    return RegionOfInterest(x_offset=left, y_offset=top, width=width, height=height)


def duration(seconds: float) -> Duration:
    """Split seconds into the two fields of a duration; negative seconds are kept."""
    whole, nanoseconds = split_seconds(seconds)
    return Duration(sec=whole, nanosec=nanoseconds)


def candidate_message(candidate: Candidate) -> CandidateMessage:
    """Convert a candidate; its box stays in full-image pixels."""
    return CandidateMessage(
        number=candidate.number,
        box=region(candidate.box),
        score=float(candidate.score),
        verdict=candidate.verdict.value,
        note=candidate.note,
    )


def referral_message(result: Result, model: str) -> ReferralMessage:
    """Convert a result; `model` names the profile."""
    message = ReferralMessage(
        id=result.request.id,
        command=result.request.query.sentence,
        camera=result.request.query.camera,
        status=result.outcome.value,
        status_text=result.status_text,
        model=model,
    )
    if result.command:
        message.expression = result.command.expression
        message.category = result.command.category
    if result.looked:
        message.header = result.looked.header
        message.image_age = duration(result.looked.age_seconds)
    if referral := result.referral:
        message.candidates = [candidate_message(c) for c in referral.decision.candidates]
        message.reasoning = referral.reasoning
        message.detection_duration = duration(referral.detection_seconds)
        message.reasoning_duration = duration(referral.reasoning_seconds)
        message.confidence = float(referral.decision.confidence or 0.0)
    message.pick_points = [pick_message(number, point) for number, point in result.pick_points]
    message.boxes = list(map(region, result.boxes))
    return message


def pick_message(number: int, point: PickPoint) -> PickPointMessage:
    """Convert the pick point of a candidate, in metres in the camera's optical frame."""
    x, y, z = point.spread
    return PickPointMessage(
        candidate=number,
        point=Point(x=point.x, y=point.y, z=point.z),
        spread=Vector3(x=x, y=y, z=z),
        depth_share=point.depth_share,
    )


def point_messages(result: Result) -> list[PointStamped]:
    """Return the pick points, stamped as the image that was decided on."""
    header = result.looked.header if result.looked else Header()
    return [
        PointStamped(header=header, point=Point(x=point.x, y=point.y, z=point.z))
        for _, point in result.pick_points
    ]


def box_of(region: RegionOfInterest) -> Box:
    """Convert a region of full-image pixels."""
    left, top = float(region.x_offset), float(region.y_offset)
    return Box(left, top, left + region.width, top + region.height)


def candidate_of(message: CandidateMessage) -> Candidate:
    """Convert a candidate; its box stays in full-image pixels."""
    verdict = Verdict(message.verdict)
    return Candidate(message.number, box_of(message.box), message.score, verdict, message.note)


def seconds_of(duration: Duration) -> float:
    """Convert a duration to seconds."""
    return float(duration.sec + duration.nanosec / NANOSECONDS)


def chosen_candidates(result: Result) -> Sequence[Candidate]:
    """Return the candidates that the command means; none unless the outcome is FOUND."""
    candidates = result.referral.decision.candidates if result.referral else ()
    by_box = {candidate.box: candidate for candidate in candidates}
    return tuple(by_box[box] for box in result.boxes)


def image_message(image: RgbImage, header: Header) -> Image:
    """Convert an array (height, width, 3) of uint8 RGB."""
    height, width = image.shape[:2]
    message = Image(header=header, height=height, width=width, encoding="rgb8", step=3 * width)
    # an array of bytes is taken as it is; anything else would be checked byte by byte
    message.data = array.array("B", image.tobytes())
    return message
