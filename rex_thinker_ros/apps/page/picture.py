"""Images as a browser shows them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from rex_thinker_ros.apps.pictures import jpeg_url
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.detector import RgbImage

_LONGEST_SIDE = 1600  # pixels; a screen shows no more, and a photo has several times that


@dataclass(frozen=True, slots=True)
class Picture:
    """Hold an image as a URL that holds all of it, and the size in pixels that boxes refer to."""

    url: str
    size: Size


def make_picture(image: RgbImage) -> Picture:
    """Return an image (height, width, 3) uint8 RGB, at most as large as it is shown."""
    height, width = image.shape[:2]
    scale = _LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return Picture(jpeg_url(image), Size(width, height))
    shown = max(1, round(width * scale)), max(1, round(height * scale))
    smaller = np.asarray(cv2.resize(image, shown, interpolation=cv2.INTER_AREA), np.uint8)
    return Picture(jpeg_url(smaller), Size(width, height))
