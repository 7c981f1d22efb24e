"""The form in which our training teaches to reason: steps, measures and words."""

from __future__ import annotations

import math

from rex_thinker_ros.referring.order_check import RANKS, Side
from rex_thinker_ros.referring.prompt import HintBox
from rex_thinker_ros.referring.relation_check import Relation

FIND, LOOK, BY_DISTANCE = (
    "Find the object to compare with.", "Look at each candidate.", "Order by distance."
)  # fmt: skip
"""Titles of steps: to find the anchor, to look, and to order by the distance from the anchor."""
ORDERS = {
    Side.LEFT: ("x", False, "Order from left to right."),
    Side.RIGHT: ("x", True, "Order from right to left."),
    Side.NEAR: ("bottom", True, "Order from near to far."),
    Side.FAR: ("bottom", False, "Order from far to near."),
    Side.LARGEST: ("size", True, "Order from large to small."),
    Side.SMALLEST: ("size", False, "Order from small to large."),
}
"""What is measured, whether the largest comes first, and the title of the step."""
MEASURES = {
    BY_DISTANCE: ("distance", False),
    **{title: (key, descending) for key, descending, title in ORDERS.values()},
}
"""What a step that orders goes by, and whether the largest comes first."""
TITLES = (FIND, LOOK, *(title for _, _, title in ORDERS.values()), BY_DISTANCE)
"""All titles that a step may have."""
SIDES = {
    Relation.LEFT: "left", Relation.RIGHT: "right",
    Relation.FRONT: "front", Relation.BEHIND: "behind",
}  # fmt: skip
"""The word for the side that is asked for."""
AGAINST, ASIDE, AHEAD = " against ", " aside, ", " ahead, distance = "
"""What is said between the numbers from which a side or a distance is reckoned."""
SUMMARY = "# Summarize and Re-Check answer\n"
"""The heading of the last part."""


def measured(box: HintBox, key: str) -> int:
    """Return what is written down of a candidate: its x, bottom or size, in resized pixels."""
    x0, y0, x1, y1 = box
    if key == "x":
        return (x0 + x1) // 2
    return y1 if key == "bottom" else int(math.sqrt((x1 - x0) * (y1 - y0)))


def described(expression: str, category: str) -> str:
    """Return the word that says what the object looks like, empty if there is none."""
    words = expression.lower().split()
    name = category.lower().split()[-1]
    place = next((i for i, word in enumerate(words) if word in (name, f"{name}s")), 0)
    word = words[place - 1] if place else ""
    counted = word in RANKS or word in ("the", "all", "two", "three", "four")
    return "" if counted or word.endswith(("est", "most")) else word
