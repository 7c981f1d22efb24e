"""What is to be seen on a tabletop; needs no renderer."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.referring.boxes import Box


@dataclass(frozen=True)
class SceneObject:
    """What an object is and where it is seen: box in full-image pixels, position in metres."""

    category: str
    color: str
    box: Box
    x: float
    y: float
