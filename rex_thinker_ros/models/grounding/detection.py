"""What Grounding DINO says of one of its queries."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.referring.boxes import Box


@dataclass(frozen=True, slots=True)
class Detection:
    """Hold a box in pixels of the image and its scores, 0 to 1.

    score is that of the best word of the caption, word_score that of the category's own best.
    """

    box: Box
    score: float
    word_score: float
