"""How the learning rate runs over a stage."""

from __future__ import annotations

import math


def level_then_cosine(part: float, *, level: float, end: float = 0.02) -> float:
    """Return the share of the peak rate at `part` (0 to 1) of the time.

    It stays at the peak up to `level`, then falls along half a cosine to `end`.
    """
    if part < level:
        return 1.0
    return end + (1 - end) * 0.5 * (1 + math.cos(math.pi * (part - level) / (1 - level)))
