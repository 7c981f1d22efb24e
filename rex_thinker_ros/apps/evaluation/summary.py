"""HumanRef's tables: means per domain, sub-domain and number of boxes, and rejections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from statistics import fmean

from rex_thinker_ros.apps.evaluation.humanref import REJECTION, Expression
from rex_thinker_ros.apps.evaluation.json_lines import SetError
from rex_thinker_ros.apps.evaluation.metrics import THRESHOLDS, Scores, first_is_right, score
from rex_thinker_ros.referring.boxes import Box

_BOX_COUNTS = ((1, "1"), (5, "2-5"), (10, "6-10"))


@dataclass(frozen=True)
class Means:
    """Means over `count` expressions: at IoU 0.5, and over THRESHOLDS."""

    count: int
    at_half: Scores
    overall: Scores


@dataclass(frozen=True)
class Evaluation:
    """What predictions are worth; groups by name, rejections apart.

    single_accuracy is RefCOCO's, over expressions with one answer; None without any, as are means
    over nothing.
    """

    domains: Mapping[str, Means]
    sub_domains: Mapping[str, Means]
    box_counts: Mapping[str, Means]
    all: Means | None
    rejections: int
    rejected: int
    single: int
    single_accuracy: float | None


def evaluate(
    expressions: Sequence[Expression], predictions: Mapping[str, Sequence[Box]]
) -> Evaluation:
    """Score predictions by the id of their expression.

    Raises:
        SetError: an expression has no prediction: nothing may be counted as a rejection.
    """
    missing = [e.id for e in expressions if e.id not in predictions]
    if missing:
        raise SetError(
            f"{len(missing)} of {len(expressions)} expressions have no prediction, "
            f"such as id {missing[0]}"
        )
    answered = [e for e in expressions if e.domain != REJECTION]
    unanswerable = [e.id for e in answered if not e.answer_boxes]
    if unanswerable:
        raise SetError(
            f"id {unanswerable[0]} has no answer box, but is not of the domain {REJECTION}"
        )
    scores = {e.id: _scores(e, predictions[e.id]) for e in answered}
    rejections = [e for e in expressions if e.domain == REJECTION]
    single = [e for e in answered if len(e.answer_boxes) == 1]
    hits = [first_is_right(e.answer_boxes, predictions[e.id]) for e in single]
    return Evaluation(
        domains=_grouped(answered, scores, lambda e: e.domain),
        sub_domains=_grouped(answered, scores, lambda e: f"{e.domain}: {e.sub_domain}"),
        box_counts=_grouped(answered, scores, lambda e: box_count_name(len(e.answer_boxes))),
        all=_means(list(scores.values())) if scores else None,
        rejections=len(rejections),
        rejected=sum(not predictions[e.id] for e in rejections),
        single=len(single),
        single_accuracy=fmean(hits) if hits else None,
    )


def box_count_name(count: int) -> str:
    """Name the group of expressions with so many answers."""
    return next((name for most, name in _BOX_COUNTS if count <= most), ">10")


def _scores(expression: Expression, predicted: Sequence[Box]) -> list[Scores]:
    return [score(expression.answer_boxes, predicted, threshold) for threshold in THRESHOLDS]


def _grouped(
    expressions: Iterable[Expression], scores: Mapping[str, list[Scores]],
    name: Callable[[Expression], str],
) -> dict[str, Means]:  # fmt: skip
    groups: dict[str, list[list[Scores]]] = defaultdict(list)
    for expression in expressions:
        groups[name(expression)].append(scores[expression.id])
    return {key: _means(groups[key]) for key in sorted(groups)}


def _means(scores: Sequence[Sequence[Scores]]) -> Means:
    return Means(
        count=len(scores),
        at_half=_mean([one[0] for one in scores]),
        overall=_mean([step for one in scores for step in one]),
    )


def _mean(scores: Sequence[Scores]) -> Scores:
    return Scores(*map(fmean, zip(*map(astuple, scores), strict=True)))
