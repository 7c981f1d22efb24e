"""Axis-aligned boxes in pixels. Whoever holds a box names its coordinate space."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Hold the width and height of an image in pixels; ValueError unless both are positive."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"an image of {self.width} x {self.height} pixels holds nothing")


@dataclass(frozen=True, slots=True)
class Box:
    """Hold half-open pixel edges: x0 <= x < x1 and y0 <= y < y1.

    A box may be empty. ValueError for edges that are not finite or in the wrong order.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(edge) for edge in self.as_tuple()):
            raise ValueError(f"box edges must be finite, got {self.as_tuple()}")
        if self.x1 < self.x0 or self.y1 < self.y0:
            raise ValueError(f"box edges must be in order x0, y0, x1, y1, got {self.as_tuple()}")

    @property
    def width(self) -> float:
        """Return the width in pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Return the height in pixels."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Return the area in square pixels."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """Return the middle (x, y) in pixels."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def as_tuple(self) -> tuple[float, float, float, float]:
        """Return (x0, y0, x1, y1) in pixels."""
        return self.x0, self.y0, self.x1, self.y1

    def whole_pixels(self) -> tuple[int, int, int, int]:
        """Return left, top, width and height of the pixels that it touches, none below 0."""
        left, top = max(0, math.floor(self.x0)), max(0, math.floor(self.y0))
        return left, top, max(0, math.ceil(self.x1) - left), max(0, math.ceil(self.y1) - top)

    def iou(self, other: Box) -> float:
        """Return intersection over union with a box of the same space, 0 to 1.

        Equal boxes give 1 even when they are empty: the copy of a box is that box.
        """
        if self == other:
            return 1.0
        shared = self.shared_area(other)
        union = self.area + other.area - shared
        return min(1.0, shared / union) if union > 0 else 0.0

    def shared_area(self, other: Box) -> float:
        """Return the area of the intersection with a box of the same space, in square pixels."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)

    def scaled(self, from_size: Size, to_size: Size) -> Box:
        """Return this box of an image of from_size in the same image resized to to_size."""
        x_factor = to_size.width / from_size.width
        y_factor = to_size.height / from_size.height
        return Box(self.x0 * x_factor, self.y0 * y_factor, self.x1 * x_factor, self.y1 * y_factor)

    def clipped(self, size: Size) -> Box:
        """Return the part inside an image of size; empty, on its edge, where there is none."""
        return Box(
            min(max(self.x0, 0), size.width),
            min(max(self.y0, 0), size.height),
            min(max(self.x1, 0), size.width),
            min(max(self.y1, 0), size.height),
        )
