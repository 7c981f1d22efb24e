"""Rendered scenes as files: one pickle of our own making for each world."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.effects import from_jpeg
from rex_thinker_ros.training.scene_object import SceneObject

HELD_OUT_SEED = 10_000_000  # the first seed of scenes that training never sees


@dataclass(frozen=True)
class StoredScene:
    """A scene as kept on disk: JPEG bytes and the objects in full-image pixels."""

    jpeg: bytes
    size: Size
    objects: tuple[SceneObject, ...]

    def image(self) -> np.ndarray:
        """Decode to (H, W, 3) uint8 RGB."""
        return from_jpeg(self.jpeg)


def read_worlds(folder: Path) -> Iterator[list[StoredScene]]:
    """Yield each world's scenes, in the order of their seeds."""
    for path in sorted(folder.glob("world-*.pickle")):
        yield pickle.loads(path.read_bytes())
