"""What a model is fine-tuned on: expressions, candidates, answers, maybe reasoning, and images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rex_thinker_ros.apps.image_files import read_image
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.decision import snap
from rex_thinker_ros.referring.detector import RgbImage


@dataclass(frozen=True, slots=True)
class Labelled:
    """One expression about one image; boxes in full-image pixels.

    `place` tells where it was read. `answers` are indices of candidates. `think` is the reasoning
    without its tags, or empty.
    """

    place: str
    image: str
    expression: str
    category: str
    candidates: tuple[Box, ...]
    answers: tuple[int, ...]
    think: str = ""


class Images(Protocol):
    """Where images are read from, by the name that a Labelled has for them."""

    def read(self, name: str) -> RgbImage:
        """Return (height, width, 3) uint8 RGB; UserError if it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """Images as files of a folder."""

    folder: Path

    def read(self, name: str) -> RgbImage:
        """Return (height, width, 3) uint8 RGB; UserError if it cannot be read."""
        return read_image(self.folder / name)


@dataclass(frozen=True, slots=True)
class ReferringSet:
    """Expressions and their images; `left_out` had an answer that is no candidate, or none."""

    expressions: tuple[Labelled, ...]
    images: Images
    left_out: int = 0


def indices_of(answers: Sequence[Box], candidates: Sequence[Box]) -> tuple[int, ...] | None:
    """Return which candidates the answers are, in their order; None if one is none of them.

    A candidate stands for an answer as in the node's decisions: it overlaps it enough, and no
    other answer better.
    """
    found = snap(answers, candidates)
    known = tuple(index for index in found if index is not None)
    return tuple(sorted(known)) if len(known) == len(found) else None
