"""Candidates that somebody else found."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.detector import RgbImage

MAX_BOXES = 100
"""The most boxes that may be given: each takes text, and thousands of them all the memory."""


class ExternalBoxError(ValueError):
    """Boxes that were given cannot be candidates; the text says which, or how many there are."""


class ExternalDetector:
    """Propose given boxes of one image, in full-image pixels; implements Detector."""

    name = "external"
    given = True

    def __init__(self, boxes: Sequence[Box], image_size: Size) -> None:
        """Number the boxes in the order they were given, clipped to the image.

        Of equal boxes the first counts, so that each has one number.

        Raises:
            ExternalBoxError: there are more than MAX_BOXES, equal ones included, or one does not
                cover a whole pixel of the image.
        """
        if len(boxes) > MAX_BOXES:
            raise ExternalBoxError(
                f"{len(boxes)} candidates were given, and the limit is {MAX_BOXES}: send fewer."
            )
        clipped = [box.clipped(image_size) for box in boxes]
        for number, box in enumerate(clipped, 1):
            if box.width < 1 or box.height < 1:
                raise ExternalBoxError(
                    f"Candidate {number} covers no pixel of the image, which has "
                    f"{image_size.width} x {image_size.height}."
                )
        distinct = dict.fromkeys(clipped)
        self._candidates = [Candidate(n, box, score=1.0) for n, box in enumerate(distinct, 1)]

    def detect(self, image: RgbImage, category: str) -> list[Candidate]:
        """Return the candidates of the image that they were given for, of any category."""
        return list(self._candidates)
