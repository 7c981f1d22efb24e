"""What a completion is worth, in parts: format, accuracy, consistency, abstention."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from rex_thinker_ros.referring.answer import Answer, AnswerError, parse_answer
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Verdict
from rex_thinker_ros.referring.prompt import HintBox

NEEDLESS_ABSTENTION = 0.5
"""What abstention is worth where something matches: better than a wrong box, worse than right."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a prompt offers and what is meant: boxes in resized pixels, indices of the hints."""

    hints: tuple[HintBox, ...]
    targets: tuple[int, ...]
    resized: Size

    def __post_init__(self) -> None:
        if any(not 0 <= target < len(self.hints) for target in self.targets):
            raise ValueError(f"targets {self.targets} of {len(self.hints)} hint boxes")

    @property
    def boxes(self) -> frozenset[Box]:
        """Return the boxes that are meant."""
        return frozenset(Box(*map(float, self.hints[index])) for index in self.targets)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts; ValueError if one is negative or all are 0."""

    format: float = 0.2
    accuracy: float = 1.0
    consistency: float = 0.3
    abstention: float = 0.5

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0 or sum(astuple(self)) == 0:
            raise ValueError(f"weights must not be negative, and not all 0: {self}")


@dataclass(frozen=True, slots=True)
class Reward:
    """The parts, each 0 to 1.

    `format`: the text ended by itself, is readable, has a plan, and its summary marks every
    candidate and no other. `accuracy`: F1 over the boxes that repeat a box of the truth digit by
    digit; 1 where both are empty. `consistency`: the marks of the summary are those of the
    answer. `abstention`: where nothing matches, 1 for an empty answer and 0 for any box; where
    something matches, 1 for exactly its boxes, NEEDLESS_ABSTENTION for an empty answer, 0 for any
    other.
    """

    format: float = 0.0
    accuracy: float = 0.0
    consistency: float = 0.0
    abstention: float = 0.0

    def total(self, weights: Weights) -> float:
        """Return the weighted mean, 0 to 1.

        Consistency counts as far as the answer is right. A wrong answer that its marks deny is
        refused, and one that they confirm is acted on: that must not be learned from.
        """
        parts = (
            weights.format * self.format
            + weights.accuracy * self.accuracy
            + weights.consistency * self.consistency * self.accuracy
            + weights.abstention * self.abstention
        )
        return parts / sum(astuple(weights))


def reward(text: str, truth: Truth, *, complete: bool) -> Reward:
    """Judge a completion; `complete` says whether the model ended by itself."""
    try:
        answer = parse_answer(text, complete=complete, resized=truth.resized)
    except AnswerError:
        return Reward()
    return Reward(
        format=float(complete and _is_whole(answer, len(truth.hints))),
        accuracy=f1(answer.boxes, truth.boxes),
        consistency=float(agrees(answer, truth)),
        abstention=_abstention(answer.boxes, truth.boxes),
    )


def f1(boxes: tuple[Box, ...], truth: frozenset[Box]) -> float:
    """Return the F1 of exactly repeated boxes; a box that is written twice is wrong once."""
    if not boxes and not truth:
        return 1.0
    return 2 * len(truth.intersection(boxes)) / (len(boxes) + len(truth))


def agrees(answer: Answer, truth: Truth) -> bool:
    """Tell whether the candidates that are marked as matches are those of the answer."""
    judgements = answer.reasoning.judgements
    if any(mark.verdict is Verdict.UNSURE for mark in judgements.values()):
        return False
    marked = {number for number, mark in judgements.items() if mark.verdict is Verdict.MATCH}
    boxes = set(answer.boxes)
    hints = [Box(*map(float, hint)) for hint in truth.hints]
    answered = {number for number, hint in enumerate(hints, 1) if hint in boxes}
    return marked == answered and boxes <= set(hints)


def _is_whole(answer: Answer, candidates: int) -> bool:
    judged = set(answer.reasoning.judgements)
    return bool(answer.reasoning.plan) and judged == set(range(1, candidates + 1))


def _abstention(boxes: tuple[Box, ...], truth: frozenset[Box]) -> float:
    if set(boxes) == truth:
        return 1.0
    return NEEDLESS_ABSTENTION if truth and not boxes else 0.0
