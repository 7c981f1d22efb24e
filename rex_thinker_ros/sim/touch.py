"""Where a suction cup that comes down from above first touches a mesh."""

from __future__ import annotations

import numpy as np

_AROUND = 8  # points on the cup's edge that may touch, beside its middle


def height_under(triangles: np.ndarray, x: float, y: float, radius: float) -> float:
    """Return the height in metres at which a cup over (x, y) touches; -inf if it misses.

    triangles: (N, 3, 3) corners in metres; radius: the cup's, in metres.
    """
    angles = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    edge = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], 1)
    points = np.concatenate([[[x, y]], edge])
    return max(_highest(triangles, point) for point in points)


def _highest(triangles: np.ndarray, point: np.ndarray) -> float:
    """Return the greatest height of the triangles above or below a point (2,), -inf if none is."""
    a, b, c = (triangles[:, corner] for corner in range(3))
    ab, ac, ap = b[:, :2] - a[:, :2], c[:, :2] - a[:, :2], point - a[:, :2]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    upright = np.abs(area) < 1e-12  # seen from above a line: its neighbours tell its height
    area = np.where(upright, 1.0, area)
    u = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
    v = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
    inside = ~upright & (u >= 0) & (v >= 0) & (u + v <= 1)
    heights = a[:, 2] + u * (b[:, 2] - a[:, 2]) + v * (c[:, 2] - a[:, 2])
    return float(heights[inside].max(initial=-np.inf))
