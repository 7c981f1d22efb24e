"""The checks between a model's answer and a box that a robot may act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rex_thinker_ros.referring.answer import Answer, Reasoning
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.order_check import order_fault
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import hint_boxes
from rex_thinker_ros.referring.question import question
from rex_thinker_ros.referring.relation_check import named_candidates, relation_fault

SNAP_IOU = 0.5
"""The least overlap at which an answer box means a candidate."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Hold the outcome and what led to it.

    status_text is a sentence for the operator; boxes are the chosen candidates' in full-image
    pixels, in the answer's order, and only for FOUND; candidates carry verdicts and notes.
    answer_boxes counts the answer's distinct boxes, exact_copies those that repeat a hint's box.
    confidence is the least margin of what decided, in logits, where it is known.
    """

    outcome: Outcome
    status_text: str
    boxes: tuple[Box, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    exact_copies: int = 0
    answer_boxes: int = 0
    confidence: float | None = None


def decide(
    command: Command,
    candidates: Sequence[Candidate],
    answer: Answer,
    *,
    image_size: Size,
    resized: Size,
    verify_order: bool = True,
) -> Decision:
    """Check the answer against the marks, the candidates and the command.

    FOUND needs all of: every answer box is a candidate (IoU >= SNAP_IOU in resized pixels, best
    pairs first, one to one; a box written twice counts once), the candidates marked as matches
    are exactly those, every candidate is marked, none of them unsure, and they are as many as the
    command counts: one, unless it says a number or asks for all. With verify_order, an order that
    the boxes can settle ("second mug from the left") must hold too, and so must a relation to what
    the model says stands where ("mug left of the can"), of what is chosen and of what is left out.
    image_size and resized are in pixels.
    """
    hints = tuple(Box(*map(float, hint)) for hint in hint_boxes(candidates, image_size, resized))
    boxes = tuple(dict.fromkeys(answer.boxes))
    snapped = snap(boxes, hints)
    judged = judge(candidates, answer.reasoning)
    chosen = tuple(judged[index] for index in snapped if index is not None)
    outcome, status_text = (
        _contradiction(judged, answer.reasoning, snapped, chosen)
        or (_unrelated(command, judged, chosen, answer.reasoning, hints) if verify_order else None)
        or _abstention(command, judged, chosen)
        or (_misplaced(command, judged, chosen, answer.reasoning) if verify_order else None)
        or (Outcome.FOUND, f"Found the {command.expression}: {_numbers(chosen)}.")
    )
    return Decision(
        outcome=outcome,
        status_text=status_text,
        boxes=tuple(candidate.box for candidate in chosen) if outcome is Outcome.FOUND else (),
        candidates=judged,
        exact_copies=sum(box in hints for box in boxes),
        answer_boxes=len(boxes),
    )


def require_confidence(
    decision: Decision, confidence: float | None, min_confidence: float
) -> Decision:
    """Return the decision with its confidence, in logits; LOW_CONFIDENCE if FOUND is below.

    A confidence that is not known is low, unless min_confidence is 0, which asks for none.
    """
    decision = replace(decision, confidence=confidence)
    enough = not min_confidence or (confidence is not None and confidence >= min_confidence)
    if enough or decision.outcome is not Outcome.FOUND:
        return decision
    measure = "unknown" if confidence is None else f"{confidence:.2f}"
    return replace(
        decision,
        outcome=Outcome.LOW_CONFIDENCE,
        status_text=f"Not trusted: the confidence is {measure}, less than {min_confidence:g}. "
        "Try again with a new image or say it differently.",
        boxes=(),
    )


def snap(boxes: Sequence[Box], hints: Sequence[Box]) -> tuple[int | None, ...]:
    """Return for each box the index of its hint, or None; both in the same pixels.

    Pairs are taken in order of falling IoU, down to SNAP_IOU, and each hint at most once.
    """
    pairs = sorted(
        (
            (box.iou(hint), i, j)
            for i, box in enumerate(boxes)
            for j, hint in enumerate(hints)
            if box.iou(hint) >= SNAP_IOU
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    by_box: dict[int, int] = {}
    for _, i, j in pairs:
        if i not in by_box and j not in by_box.values():
            by_box[i] = j
    return tuple(by_box.get(i) for i in range(len(boxes)))


def same_boxes(boxes: Sequence[Box], others: Sequence[Box]) -> bool:
    """Tell whether the boxes pair off one to one, overlapping as an answer must its candidate."""
    return len(boxes) == len(others) and None not in snap(boxes, others)


def judge(candidates: Sequence[Candidate], reasoning: Reasoning) -> tuple[Candidate, ...]:
    """Return the candidates with the reasoning's verdicts; UNKNOWN where it has none."""
    judgements = reasoning.judgements
    return tuple(
        replace(candidate, verdict=mark.verdict, note=mark.note)
        if (mark := judgements.get(candidate.number))
        else candidate
        for candidate in candidates
    )


def _contradiction(
    judged: Sequence[Candidate],
    reasoning: Reasoning,
    snapped: Sequence[int | None],
    chosen: Sequence[Candidate],
) -> tuple[Outcome, str] | None:
    """Return the first disagreement of marks, answer and candidates."""
    unknown = set(reasoning.judgements) - {candidate.number for candidate in judged}
    marked = [candidate for candidate in judged if candidate.verdict is Verdict.MATCH]
    unmarked = [candidate for candidate in judged if candidate.verdict is Verdict.UNKNOWN]
    if unknown:
        fault = f"the model judged candidate {min(unknown)}, which does not exist"
    elif None in snapped:
        fault = f"{snapped.count(None)} of the {len(snapped)} answer boxes fit no candidate"
    elif set(marked) != set(chosen):
        fault = f"the model marked {_numbers(marked)} but answered {_numbers(chosen)}"
    elif chosen and unmarked:
        fault = f"the model never judged {_numbers(unmarked)}"
    else:
        return None
    return not_trusted(fault)


def _abstention(
    command: Command, judged: Sequence[Candidate], chosen: Sequence[Candidate]
) -> tuple[Outcome, str] | None:
    """Return why consistent marks and answer still name no box to act on."""
    unsure = [candidate for candidate in judged if candidate.verdict is Verdict.UNSURE]
    if not chosen:
        return Outcome.NO_MATCH, (
            f"{len(judged)} x {command.category} in view, but none is the "
            f"{command.expression}. Change the description or the view."
        )
    if unsure:
        return Outcome.AMBIGUOUS, (
            f"{_numbers(chosen).capitalize()} fits {command.expression}, but the model is unsure "
            f"about {_numbers(unsure)}. {question([*chosen, *unsure], command.expression)}"
        )
    return _miscounted(command, chosen)


def _miscounted(command: Command, chosen: Sequence[Candidate]) -> tuple[Outcome, str] | None:
    """Return how the number of matches, at least one, differs from what was asked for."""
    asked = command.count or (len(chosen) if command.wants_all else 1)
    if len(chosen) < asked:
        return Outcome.NO_MATCH, (
            f"{asked} were asked for ({command.expression}), and only {len(chosen)} "
            f"{'fits' if len(chosen) == 1 else 'fit'}: {_numbers(chosen)}. "
            "Ask for fewer or change the view."
        )
    if len(chosen) > asked:
        one = f"One {command.expression} was asked for"
        several = f"{asked} were asked for ({command.expression})"
        return Outcome.AMBIGUOUS, (
            f"{one if asked == 1 else several} and {len(chosen)} fit "
            f"({_numbers(chosen)}). {question(chosen, command.expression)}"
        )
    return None


def _misplaced(
    command: Command,
    judged: Sequence[Candidate],
    chosen: Sequence[Candidate],
    reasoning: Reasoning,
) -> tuple[Outcome, str] | None:
    """Return how boxes contradict the order that was asked for."""
    fault = order_fault(command, chosen, judged, reasoning.described)
    return not_trusted(fault) if fault else None


def _unrelated(
    command: Command,
    judged: Sequence[Candidate],
    chosen: Sequence[Candidate],
    reasoning: Reasoning,
    hints: Sequence[Box],
) -> tuple[Outcome, str] | None:
    """Return how boxes contradict the relation that was asked for.

    hints are the candidates' boxes in resized pixels, in which the reasoning counts.
    """
    named = named_candidates(command.expression, command.category, reasoning.said)
    ruled_out = {c.number for c in judged if c.verdict is Verdict.NO_MATCH}
    fault = relation_fault(
        command.expression,
        [candidate.number for candidate in chosen],
        {candidate.number: hint for candidate, hint in zip(judged, hints, strict=True)},
        reasoning.described,
        reasoning.places,
        left_out=sorted(named & ruled_out),
    )
    return not_trusted(fault) if fault else None


def canceled(candidates: Sequence[Candidate]) -> Decision:
    """Return the decision of a command that ended before any was made."""
    text = "The command was canceled before its decision."
    return Decision(Outcome.CANCELED, text, candidates=tuple(candidates))


def not_trusted(fault: str) -> tuple[Outcome, str]:
    """Return the outcome and the sentence for a fault of what the model says."""
    return Outcome.CONTRADICTION, f"Not trusted: {fault}. Try again or say it differently."


def _numbers(candidates: Sequence[Candidate]) -> str:
    """Return the candidates' numbers as words for a sentence."""
    numbers = ", ".join(str(candidate.number) for candidate in candidates)
    return f"candidate{'s' * (len(candidates) > 1)} {numbers}" if numbers else "none"
