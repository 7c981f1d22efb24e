"""Scenes of which only the objects' boxes make sense: nothing to be seen, nothing to render."""

from __future__ import annotations

import numpy as np
from tabletops import IMAGE, random_objects

from rex_thinker_ros.training.effects import to_jpeg
from rex_thinker_ros.training.store import StoredScene


def noise_scene(seed: int) -> StoredScene:
    """Return a scene with an image of noise."""
    image = np.random.default_rng(seed).integers(0, 255, (IMAGE.height, IMAGE.width, 3), np.uint8)
    return StoredScene(to_jpeg(image, 90), IMAGE, tuple(random_objects(seed)))
