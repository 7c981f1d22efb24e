"""What a visitor of the page fills in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Hold the least scores of a candidate, and of a word of its category; 0 to 1."""

    box: float
    text: float


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Hold an image, a sentence, and what may be set.

    image is a file of this machine, whatever it holds; an empty category stands for the one of
    the sentence.
    """

    image: Path | None
    sentence: str
    category: str
    thresholds: Thresholds
