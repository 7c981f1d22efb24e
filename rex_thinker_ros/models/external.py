"""Candidates that somebody else found."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.detector import RgbImage


class ExternalBoxError(ValueError):
    """A box that was given lies outside of the image; the text says which."""


class ExternalDetector:
    """Propose given boxes of one image, in full-image pixels; implements Detector."""

    name = "external"

    def __init__(self, boxes: Sequence[Box], image_size: Size) -> None:
        """Number the boxes in the order they were given, clipped to the image.

        Raises:
            ExternalBoxError: a box does not cover a whole pixel of the image.
        """
        clipped = [box.clipped(image_size) for box in boxes]
        for number, box in enumerate(clipped, 1):
            if box.width < 1 or box.height < 1:
                raise ExternalBoxError(
                    f"Candidate {number} covers no pixel of the image, which has "
                    f"{image_size.width} x {image_size.height}."
                )
        self._candidates = [Candidate(n, box, score=1.0) for n, box in enumerate(clipped, 1)]

    def detect(self, image: RgbImage, category: str) -> list[Candidate]:
        """Return the candidates of the image that they were given for, of any category."""
        return list(self._candidates)
