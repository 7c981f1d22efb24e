"""What became ambiguous, and how an answer to the question settles it on the same image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.choosing import choose
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision, not_trusted, require_confidence
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.follow_up import ByDescription, FollowUp, Nothing, Unsettled
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.order_check import order_fault
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.question import question
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer

OTHER = "another one was chosen"


@dataclass(frozen=True, slots=True)
class Offer:
    """Hold the referral that was ambiguous, and the candidates to choose among."""

    referral: Referral
    candidates: tuple[Candidate, ...]

    @property
    def command(self) -> Command:
        """Return the command that was ambiguous."""
        return self.referral.command

    @property
    def confidence(self) -> float | None:
        """Return the confidence of the marks that made it ambiguous, in logits, if known."""
        return self.referral.decision.confidence


def offer_of(referral: Referral) -> Offer | None:
    """Return what an AMBIGUOUS referral leaves to choose: what matches or may; None for others."""
    if referral.decision.outcome is not Outcome.AMBIGUOUS:
        return None
    open_verdicts = (Verdict.MATCH, Verdict.UNSURE)
    return Offer(
        referral, tuple(c for c in referral.decision.candidates if c.verdict in open_verdicts)
    )


def settle(
    offer: Offer,
    answer: FollowUp,
    referrer: Referrer,
    image: RgbImage,
    observer: Observer,
    cancel: CancelToken,
) -> Referral:
    """Return the referral that an answer to the question leads to, on the image of the offer.

    Numbers and places are settled by the boxes alone. Only a description is put to the referrer,
    whose detector must propose the offer's own candidates: it is asked for all that fit, of which
    those that were offered count. If a single one does, the referrer's check of the order holds
    for it as if one had been asked for. What stays open is AMBIGUOUS again.

    The operator's choice itself is sure, but the model said what there is to choose: the
    confidence is that of the offer, or of the description if that is less, and FOUND needs the
    referrer's min_confidence as everywhere.
    """
    if isinstance(answer, Nothing):
        return _settled(offer, Decision(Outcome.CANCELED, "None of the candidates is wanted."))
    if isinstance(answer, ByDescription):
        expression = answer.expression
        command = replace(offer.command, expression=expression, wants_all=True, count=None)
        referral = referrer.refer(image, command, observer, cancel)
        return _among_offered(offer, referral, referrer.checks)
    chosen = choose(answer, offer.candidates)
    if isinstance(chosen, Unsettled):
        return _settled(offer, _still_open(offer, offer.candidates, chosen.reason))
    found = _found(offer, chosen)
    least = referrer.checks.min_confidence
    return _settled(offer, require_confidence(found, offer.confidence, least))


def _among_offered(offer: Offer, referral: Referral, checks: Checks) -> Referral:
    """Keep of a referral to a description what was offered."""
    decision = referral.decision
    if decision.outcome not in (Outcome.FOUND, Outcome.NO_MATCH):
        return referral
    fitting = [c for c in offer.candidates if c.box in decision.boxes]
    expression = referral.command.expression
    if not fitting:
        settled = _still_open(offer, offer.candidates, f"None of them is the {expression}.")
        return replace(referral, decision=settled)
    as_one = replace(referral.command, wants_all=False)
    if checks.verify_order and (fault := order_fault(as_one, fitting, decision.candidates)):
        outcome, status_text = not_trusted(fault)
        untrusted = replace(decision, outcome=outcome, status_text=status_text, boxes=())
        return replace(referral, decision=untrusted)
    if len(fitting) == 1:
        settled = _found(offer, fitting)
    else:
        settled = _still_open(offer, fitting, f"{len(fitting)} of them fit {expression}.")
    confidence = _least(offer.confidence, decision.confidence)
    return replace(
        referral, decision=require_confidence(settled, confidence, checks.min_confidence)
    )


def _least(one: float | None, other: float | None) -> float | None:
    """Return the lower confidence; one that is not known is lower than any."""
    return None if one is None or other is None else min(one, other)


def _settled(offer: Offer, decision: Decision) -> Referral:
    """Return the offer's referral with a decision that took no model."""
    return Referral(
        command=offer.command,
        decision=decision,
        reasoning="",
        detection_seconds=0.0,
        reasoning_seconds=0.0,
        model=offer.referral.model,
    )


def _found(offer: Offer, chosen: Sequence[Candidate]) -> Decision:
    numbers = {candidate.number for candidate in chosen}
    names = " and ".join(str(candidate.number) for candidate in chosen)
    return Decision(
        outcome=Outcome.FOUND,
        status_text=f"Found the {offer.command.expression}: {names}, as was answered.",
        boxes=tuple(candidate.box for candidate in chosen),
        candidates=tuple(
            replace(c, verdict=Verdict.MATCH)
            if c.number in numbers
            else replace(c, verdict=Verdict.NO_MATCH, note=c.note or OTHER)
            for c in offer.referral.decision.candidates
        ),
    )


def _still_open(offer: Offer, candidates: Sequence[Candidate], reason: str) -> Decision:
    """Ask again, among the candidates that are still possible."""
    numbers = {candidate.number for candidate in candidates}
    return Decision(
        outcome=Outcome.AMBIGUOUS,
        status_text=f"{reason} {question(candidates, offer.command.expression)}",
        candidates=tuple(
            c if c.number in numbers or c.verdict is Verdict.NO_MATCH
            else replace(c, verdict=Verdict.NO_MATCH, note=OTHER)
            for c in offer.referral.decision.candidates
        ),
        confidence=offer.confidence,
    )  # fmt: skip
