"""Tabletops without a renderer: objects at random places in an image."""

from __future__ import annotations

import numpy as np

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.training.scene_object import SceneObject
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS

IMAGE = Size(640, 480)


def random_objects(seed: int) -> list[SceneObject]:
    """Return 2 to 9 objects whose boxes lie in a 640 x 480 image; farther ones are smaller."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(CATEGORIES, 3, replace=False)
    objects = []
    for _ in range(int(rng.integers(2, 10))):
        y = rng.uniform(0.3, 0.95)
        side = rng.uniform(0.08, 0.14) * IMAGE.height * (0.5 + y)
        x = rng.uniform(side, IMAGE.width - side)
        low = y * IMAGE.height
        box = Box(x - side / 2, low - side, x + side / 2, low)
        color, kind = str(rng.choice(COLORS)), str(rng.choice(kinds))
        objects.append(SceneObject(kind, color, box, (x / IMAGE.width - 0.5), 0.5 - y))
    return objects
