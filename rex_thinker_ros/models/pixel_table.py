"""Normalise 8-bit pixels by looking them up: there are only 256 values of each colour."""

from __future__ import annotations

from typing import Any

import numpy as np


class PixelTable:
    """Hold what an image processor of transformers makes of each value of each colour."""

    def __init__(self, processor: Any) -> None:
        """Let the processor rescale and normalise all values, as its settings say."""
        levels = np.tile(np.arange(256, dtype=np.float32), (3, 1, 1))
        if processor.do_rescale:
            levels = processor.rescale(levels, processor.rescale_factor)
        if processor.do_normalize:
            levels = processor.normalize(levels, processor.image_mean, processor.image_std)
        self._values = np.asarray(levels, np.float32)[:, 0].ravel()
        self._starts = np.array([[0], [256], [512]], np.uint16)  # of each colour's values

    def look_up(self, pixels: np.ndarray) -> np.ndarray:
        """Return float32 for whole numbers from 0 to 255 of shape (n, 3, m): red, green, blue."""
        return self._values.take(pixels.astype(np.uint16) + self._starts)
