"""The words of the tabletop world: what things are called and how they look."""

from __future__ import annotations

CATEGORIES = ("block", "ball", "can", "mug", "bottle", "bowl")

# Hue in degrees, saturation and value as (low, high): ranges that do not touch, so that a name is
# never a matter of taste.
COLOR_RANGES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "red": ((-8, 6), (0.80, 1.0), (0.55, 0.85)),
    "orange": ((22, 30), (0.85, 1.0), (0.85, 1.0)),
    "yellow": ((50, 58), (0.75, 1.0), (0.80, 0.98)),
    "green": ((105, 140), (0.65, 1.0), (0.35, 0.65)),
    "blue": ((212, 230), (0.75, 1.0), (0.50, 0.85)),
    "purple": ((272, 292), (0.60, 0.90), (0.40, 0.65)),
    "white": ((0, 360), (0.0, 0.04), (0.90, 1.0)),
    "black": ((0, 360), (0.0, 0.25), (0.03, 0.09)),
}
COLORS = tuple(COLOR_RANGES)

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def plural(category: str) -> str:
    """Return the plural of a category; all of ours are regular."""
    return f"{category}s"
