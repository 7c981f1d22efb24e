"""What the model's own words say about a relation: left of the can, closest to the bowl.

A model that compares two numbers in its head makes mistakes that arithmetic does not. Where it has
written down where the thing stands that the expression names, its choice must lie so to that place.
Whether the place is right is not checked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.place import Place

LEVEL = 0.25
"""Of the choice's own extent: closer than this, it counts as level with the place."""
FARTHER = 1.25
"""How many times farther away than another a choice may be, and still count as the closest."""


class Relation(Enum):
    """Name how an object lies to another; the value is how expressions say it."""

    LEFT = r"(?:to )?(?:the )?left of"
    RIGHT = r"(?:to )?(?:the )?right of"
    FRONT = r"in front of"
    BEHIND = r"behind"
    CLOSEST = r"(?:closest|nearest|next) to"


_EXPRESSION = re.compile(
    rf"\b(?:{'|'.join(f'(?P<{relation.name}>{relation.value})' for relation in Relation)})"
    r" (?:the |a |an )?(?P<anchor>\w[\w -]*)$",
    re.IGNORECASE,
)
_OBSERVER = re.compile(r"^(?:camera|me|robot|us|you)$", re.IGNORECASE)


def read_relation(expression: str) -> tuple[Relation, str] | None:
    """Return the relation at the end of an expression and what it is to, such as "red can"."""
    found = _EXPRESSION.search(expression.strip())
    if not found or _OBSERVER.match(found["anchor"]):
        return None
    return next(relation for relation in Relation if found[relation.name]), found["anchor"].lower()


def relation_fault(
    expression: str,
    chosen: Collection[int],
    boxes: Mapping[int, Box],
    described: Collection[int],
    places: Sequence[Place],
) -> str | None:
    """Return how the chosen candidates contradict the relation, if they do.

    boxes are those of all candidates by number, described the numbers of those that the model says
    fit the description, places what it says stands where; all in the same pixels. Near ties are
    given the benefit of the doubt, and so is what the model says nothing about.
    """
    claim = read_relation(expression)
    if claim is None:
        return None
    relation, anchor = claim
    place = next((p for p in places if all(w in p.text.split() for w in anchor.split())), None)
    if place is None:
        return None
    for number in chosen:
        if relation is Relation.CLOSEST:
            others = {n: boxes[n] for n in described if n in boxes and n not in chosen}
            wrong = _closer(boxes[number], others, place)
        else:
            wrong = _aside(boxes[number], relation, place)
        if wrong:
            return (
                f"the model chose candidate {number} and says that the {anchor} is at "
                f"[{place.x:.0f}, {place.y:.0f}], {wrong}"
            )
    return None


def _closer(box: Box, others: Mapping[int, Box], place: Place) -> str | None:
    distance = place.distance(box)
    for number, other in others.items():
        if place.distance(other) * FARTHER < distance:
            return f"to which candidate {number} is closer"
    return None


def _aside(box: Box, relation: Relation, place: Place) -> str | None:
    """Return where the place lies, if surely on the wrong side of the box."""
    right = (place.x - box.center[0]) / (LEVEL * box.width)
    near = (place.y - box.y1) / (LEVEL * box.height)
    ahead, where = {
        Relation.LEFT: (-right, "left of it"),
        Relation.RIGHT: (right, "right of it"),
        Relation.FRONT: (near, "nearer than it"),
        Relation.BEHIND: (-near, "farther than it"),
    }[relation]
    return f"which is {where}" if ahead > 1 and math.isfinite(ahead) else None
