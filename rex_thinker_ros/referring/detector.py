"""What the core asks of an object detector."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rex_thinker_ros.referring.candidate import Candidate

RgbImage = NDArray[np.uint8]
"""An image as (height, width, 3), uint8, channels red, green, blue."""


class Detector(Protocol):
    """Propose every object of a category."""

    @property
    def name(self) -> str:
        """Return the name to report, such as the profile's or the checkpoint's."""
        ...

    @property
    def given(self) -> bool:
        """Tell whether others give the candidates, who know them by their numbers."""
        ...

    def detect(self, image: RgbImage, category: str) -> list[Candidate]:
        """Return the candidates, numbered from 1 in hint order, boxes in full-image pixels."""
        ...


@runtime_checkable
class AdjustableDetector(Detector, Protocol):
    """Propose fewer objects of a category, or more doubtful ones."""

    def with_thresholds(self, *, box: float, text: float) -> Detector:
        """Return this detector with other least scores, of a box and of a word of the category."""
        ...
