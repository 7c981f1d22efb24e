"""What a sender asks for, by topic or by action."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.images.message import RawImage
from rex_thinker_ros.referring.boxes import Box


@dataclass(frozen=True, eq=False)
class Query:
    """A sentence, and what its sender brought along or left to the node.

    Without a category the sentence's is taken, without a camera's name the first camera, without
    an image that camera's latest, without boxes (full-image pixels) the detector's.
    asked_nanoseconds is the node's clock when it came.
    """

    sentence: str
    asked_nanoseconds: int
    category: str = ""
    camera: str = ""
    image: RawImage | None = None
    boxes: tuple[Box, ...] = ()
