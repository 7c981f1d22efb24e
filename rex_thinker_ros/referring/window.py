"""The part of an image that a model is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.detector import RgbImage


@dataclass(frozen=True, slots=True)
class Window:
    """Hold the edges of what is shown, whole full-image pixels, half-open; maybe beyond the image.

    ValueError for one that holds nothing.
    """

    x0: int
    y0: int
    x1: int
    y1: int

    def __post_init__(self) -> None:
        Size(self.x1 - self.x0, self.y1 - self.y0)

    @property
    def size(self) -> Size:
        """Return the size of what is shown, in pixels."""
        return Size(self.x1 - self.x0, self.y1 - self.y0)

    def of(self, image: RgbImage) -> RgbImage:
        """Return what is shown of an image; where there is none, its mean colour."""
        height, width = image.shape[:2]
        x0, y0, x1, y1 = max(self.x0, 0), max(self.y0, 0), min(self.x1, width), min(self.y1, height)
        if (x0, y0, x1, y1) == (self.x0, self.y0, self.x1, self.y1):
            return np.ascontiguousarray(image[y0:y1, x0:x1])
        shown = np.empty((self.size.height, self.size.width, 3), np.uint8)
        # summed up by rows and then columns, which takes a twentieth of numpy's own mean
        shown[:] = image.sum(axis=0, dtype=np.uint32).sum(axis=0) / (height * width)
        shown[y0 - self.y0 : y1 - self.y0, x0 - self.x0 : x1 - self.x0] = image[y0:y1, x0:x1]
        return shown

    def box(self, box: Box) -> Box:
        """Return the part of a full-image box that is shown, in the window's own pixels."""
        moved = Box(box.x0 - self.x0, box.y0 - self.y0, box.x1 - self.x0, box.y1 - self.y0)
        return moved.clipped(self.size)
