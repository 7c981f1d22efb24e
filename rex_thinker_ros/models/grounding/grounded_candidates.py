"""From what Grounding DINO says of its queries to candidates."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers.image_transforms import center_to_corners_format

from rex_thinker_ros.models.grounding.detection import Detection
from rex_thinker_ros.models.grounding.duplicates import best_distinct
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate


def read_detections(
    logits: torch.Tensor,
    boxes: torch.Tensor,
    *,
    words: Sequence[int],
    size: Size,
    least: float,
) -> list[Detection]:
    """Return the detections that score more than `least`, in the order of the queries.

    logits is (queries, tokens), of which words are the positions of the category's own. boxes is
    (queries, 4): centre, width and height in parts of the image's sides. The detections' boxes are
    in pixels of the image; what is less than a pixel wide or high is left out. FloatingPointError
    where the logits are not numbers: none would pass a threshold, as if nothing were in view.
    """
    if logits.isnan().any():
        raise FloatingPointError("the detector's logits are not numbers")
    probabilities = logits.sigmoid()
    scores = probabilities.amax(dim=1)
    over = scores > least
    word_scores = probabilities[:, list(words)].amax(dim=1)
    pixels = center_to_corners_format(boxes) * torch.tensor([size.width, size.height] * 2)
    found = (
        Detection(Box(*edges).clipped(size), score, word_score)
        for edges, score, word_score in zip(
            pixels[over].tolist(), scores[over].tolist(), word_scores[over].tolist(), strict=True
        )
    )
    return [one for one in found if one.box.width >= 1 and one.box.height >= 1]


def distinct(
    detections: Sequence[Detection], profile: Profile, limit: int | None = None
) -> list[Detection]:
    """Return the best of duplicates, in the order of the detections, and at most `limit`."""
    kept = best_distinct(
        [one.box for one in detections],
        [one.score for one in detections],
        max_iou=profile.duplicate_iou,
        limit=len(detections) if limit is None else limit,
    )
    return [detections[place] for place in kept]


def grounded_candidates(detections: Sequence[Detection], profile: Profile) -> list[Candidate]:
    """Return candidates numbered from 1 in the order of the detections, best duplicates only."""
    found = [
        one
        for one in detections
        if one.score > profile.box_threshold and one.word_score > profile.text_threshold
    ]
    best = distinct(found, profile, profile.max_candidates)
    return [Candidate(number, one.box, one.score) for number, one in enumerate(best, start=1)]
