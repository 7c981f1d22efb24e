"""HumanRef's metrics for one expression: recall, precision and DensityF1 at an IoU threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rex_thinker_ros.referring.boxes import Box

THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""IoU 0.50, 0.55, ... 0.95, whose mean is reported beside the first."""


@dataclass(frozen=True)
class Scores:
    """Recall, precision and DensityF1, each from 0 to 1."""

    recall: float
    precision: float
    density_f1: float


def matched_ious(truth: Sequence[Box], predicted: Sequence[Box], threshold: float) -> list[float]:
    """Return for each true box the IoU of the prediction that fits best, 0 where none is left.

    In order, each true box uses that prediction up if the IoU reaches the threshold.
    """
    unused, ious = list(predicted), []
    for box in truth:
        best = max(unused, key=box.iou, default=None)
        iou = 0.0 if best is None else box.iou(best)
        if best is not None and iou >= threshold:
            unused.remove(best)
        ious.append(iou)
    return ious


def count_matches(truth: Sequence[Box], predicted: Sequence[Box], threshold: float) -> int:
    """Count the true boxes that use a prediction up: see matched_ious."""
    return sum(iou >= threshold for iou in matched_ious(truth, predicted, threshold))


def score(truth: Sequence[Box], predicted: Sequence[Box], threshold: float) -> Scores:
    """Score the predictions for one expression that something answers.

    DensityF1 is F1 times min(1, true boxes / predicted boxes): both counts are divided by the
    number of candidates in the image, which drops out of their ratio. No prediction scores 0.
    """
    matches = count_matches(truth, predicted, threshold)
    if not matches:
        return Scores(0.0, 0.0, 0.0)
    f1 = 2 * matches / (len(truth) + len(predicted))  # of recall and precision
    density = min(1.0, len(truth) / len(predicted))
    return Scores(matches / len(truth), matches / len(predicted), f1 * density)


def first_is_right(truth: Sequence[Box], predicted: Sequence[Box], threshold: float = 0.5) -> bool:
    """Tell whether the first prediction is the one true box: RefCOCO's accuracy."""
    return bool(predicted) and predicted[0].iou(truth[0]) >= threshold
