"""What the detector and the reasoner had said where a decision was recorded."""

from __future__ import annotations

from dataclasses import replace

from rex_thinker_ros.models.external import ExternalDetector
from rex_thinker_ros.models.recorded_answers import EndedEarlyError, Unanswered
from rex_thinker_ros.referring.candidate import Candidate, Verdict, in_reverse
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.decision_record import DecisionRecord, RecordedReferral
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
    candidates = [replace(c, verdict=Verdict.UNKNOWN, note="") for c in referral.candidates]
    return in_reverse(candidates) if referral.contradicted else tuple(candidates)


def readings_of(
    record: DecisionRecord, referral: RecordedReferral
) -> list[tuple[tuple[Candidate, ...], Completion | Unanswered]]:
    """Return the candidates that the reasoner was asked about, and what it had said, last first."""
    candidates, first = referral.candidates, referral.contradicted
    last = candidates, _completion_of(record, referral)
    if first is None:
        return [last]
    return [
        last,
        (in_reverse(candidates), Completion(first.reasoning, StopReason.END, first.tokens)),
    ]


def _completion_of(record: DecisionRecord, referral: RecordedReferral) -> Completion | Unanswered:
    """Return what the reasoner had said last; of the margins only the deciding is known."""
    if record.status in _ENDED_EARLY:
        return Unanswered(EndedEarlyError, record.status.name)
    text, margin = referral.reasoning, referral.confidence
    return Completion(
        text=text,
        stop=_STOPS.get(record.status, StopReason.END),
        tokens=referral.tokens - (referral.contradicted.tokens if referral.contradicted else 0),
        margins=() if margin is None else (PieceMargin(0, len(text), margin),),
    )
