"""What the detector and the reasoner had said where a decision was recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rex_thinker_ros.models.external import ExternalDetector
from rex_thinker_ros.models.recorded_answers import EndedEarlyError, ImageKey, Unanswered
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.decision_record import (
    DecisionRecord,
    RecordedImage,
    RecordedReading,
    RecordedReferral,
)
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.reasoner import Completion, StopReason

_STOPS = {Outcome.TRUNCATED: StopReason.TOKEN_BUDGET, Outcome.TIMEOUT: StopReason.TIME_BUDGET}
_ENDED_EARLY = frozenset({Outcome.PREEMPTED, Outcome.CANCELED, Outcome.MODEL_ERROR})


def was_detected(record: DecisionRecord, referral: RecordedReferral) -> bool:
    """Tell whether the candidates are those of the detector, not given with the image."""
    return not record.answers and not referral.model.startswith(f"{ExternalDetector.name} + ")


def was_reasoned(record: DecisionRecord, referral: RecordedReferral) -> bool:
    """Tell whether the reasoner was asked; it is not for each answer to a question of ours."""
    return bool(referral.candidates) and (referral.tokens > 0 or not record.answers)


def candidates_of(
    record: DecisionRecord, referral: RecordedReferral
) -> tuple[Candidate, ...] | Unanswered:
    """Return what the detector had said: the candidates before any verdict, in its order."""
    if not referral.candidates and record.status is not Outcome.NO_CANDIDATES:
        return Unanswered(EndedEarlyError, record.status.name)
    unjudged = [replace(c, verdict=Verdict.UNKNOWN, note="") for c in referral.candidates]
    if not referral.readings:
        return tuple(unjudged)
    return referral.readings[referral.counted].view.order(unjudged)


@dataclass(frozen=True, slots=True)
class Answered:
    """Hold what the reasoner was shown, candidates in the pixels of that image, and its answer."""

    image: ImageKey
    candidates: tuple[Candidate, ...]
    answer: Completion | Unanswered


def readings_of(
    record: DecisionRecord, image: RecordedImage, referral: RecordedReferral
) -> list[Answered]:
    """Return what the reasoner was asked, in that order."""
    unanswered = (
        Unanswered(EndedEarlyError, record.status.name) if record.status in _ENDED_EARLY else None
    )
    if not referral.readings:
        answer = unanswered or _only_completion(record, referral)
        return [Answered((image.sha256, image.size), referral.candidates, answer)]
    counted = referral.readings[referral.counted].view
    return [
        Answered(
            (reading.sha256, reading.view.window.size),
            reading.view.shown(reading.view.order(counted.order(referral.candidates))),
            unanswered or _completion(reading),
        )
        for reading in referral.readings
    ]


def _only_completion(record: DecisionRecord, referral: RecordedReferral) -> Completion:
    return Completion(
        text=referral.reasoning,
        stop=_STOPS.get(record.status, StopReason.END),
        tokens=referral.tokens,
        margins=_margins(referral.reasoning, referral.confidence),
    )


def _completion(reading: RecordedReading) -> Completion:
    margins = _margins(reading.reasoning, reading.confidence)
    return Completion(reading.reasoning, reading.stop, reading.tokens, margins)


def _margins(text: str, confidence: float | None) -> tuple[PieceMargin, ...]:
    """Return the margin of the whole text: only the least, which decides, is known."""
    return () if confidence is None else (PieceMargin(0, len(text), confidence),)
