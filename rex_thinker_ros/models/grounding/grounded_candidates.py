"""From what Grounding DINO says of each of its queries to candidates."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers.image_transforms import center_to_corners_format

from rex_thinker_ros.models.grounding.duplicates import best_distinct
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate


def grounded_candidates(
    logits: torch.Tensor,
    boxes: torch.Tensor,
    *,
    words: Sequence[int],
    size: Size,
    profile: Profile,
) -> list[Candidate]:
    """Return candidates numbered from 1 in the order of the queries, best duplicates only.

    logits is (queries, tokens), of which words are the positions of the category's own. boxes is
    (queries, 4): centre, width and height in parts of the image's sides. The candidates' boxes are
    in pixels of the image. FloatingPointError where the logits are not numbers: none would pass a
    threshold, as if nothing were in view.
    """
    if logits.isnan().any():
        raise FloatingPointError("the detector's logits are not numbers")
    probabilities = logits.sigmoid()
    scores = probabilities.amax(dim=1)
    over = (scores > profile.box_threshold) & (
        probabilities[:, list(words)].amax(dim=1) > profile.text_threshold
    )
    pixels = center_to_corners_format(boxes) * torch.tensor([size.width, size.height] * 2)
    found = [
        (Box(*edges).clipped(size), score)
        for edges, score in zip(pixels[over].tolist(), scores[over].tolist(), strict=True)
    ]
    found = [(box, score) for box, score in found if box.width >= 1 and box.height >= 1]
    kept = best_distinct(
        [box for box, _ in found],
        [score for _, score in found],
        max_iou=profile.duplicate_iou,
        limit=profile.max_candidates,
    )
    return [Candidate(n, found[i][0], found[i][1]) for n, i in enumerate(kept, start=1)]
