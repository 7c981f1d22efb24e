"""What the model's own words say about a relation: left of the can, closest to the bowl.

A model that compares two numbers in its head makes mistakes that arithmetic does not. Where it has
written down where the thing stands that the expression names, its choice must lie so to that place.
Whether the place is right is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.order_check import before_category, words_of
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
_BEYOND = {
    Relation.LEFT: "left of", Relation.RIGHT: "right of",
    Relation.FRONT: "nearer than", Relation.BEHIND: "farther than",
}  # fmt: skip
_OPPOSITE = {
    Relation.LEFT: Relation.RIGHT, Relation.RIGHT: Relation.LEFT,
    Relation.FRONT: Relation.BEHIND, Relation.BEHIND: Relation.FRONT,
}  # fmt: skip
_UNTOLD = frozenset({"the", "a", "an", "all", "both", "two", "three", "four", "five"})
"""Words of a description that nobody says of an object."""
_DENIED = frozenset({"not", "no", "isn", "neither", "nor"})
_OBSERVER = re.compile(r"^(?:camera|me|robot|us|you)$", re.IGNORECASE)


def read_relation(expression: str) -> tuple[Relation, str] | None:
    """Return the relation at the end of an expression and what it is to, such as "red can"."""
    found = _EXPRESSION.search(expression.strip())
    if not found or _OBSERVER.match(found["anchor"]):
        return None
    return next(relation for relation in Relation if found[relation.name]), found["anchor"].lower()


def named_candidates(expression: str, category: str, said: Mapping[int, str]) -> frozenset[int]:
    """Return the candidates that the model calls what the expression asks for but for the relation.

    "red mug left of the can" asks for what is called red and mug; said is what is said of each. A
    text that denies something, such as "not a red mug", may deny any word, and counts as another's.
    """
    found = _EXPRESSION.search(expression.strip())
    if not found:
        return frozenset()
    description = before_category(words_of(expression.strip()[: found.start()]), category)
    if description is None:
        return frozenset()
    wanted = {*words_of(category), *description} - _UNTOLD
    called = {number: set(words_of(text)) for number, text in said.items()}
    return frozenset(n for n, words in called.items() if wanted <= words and not words & _DENIED)


def relation_fault(
    expression: str,
    chosen: Collection[int],
    boxes: Mapping[int, Box],
    described: Collection[int],
    places: Sequence[Place],
    left_out: Collection[int] = (),
) -> str | None:
    """Return how the choice contradicts the relation, if it does.

    boxes are those of all candidates by number, described the numbers of those that the model says
    fit the description, places what it says stands where; all in the same pixels. left_out are
    candidates that only the relation can have ruled out. Near ties are given the benefit of the
    doubt, and so is what the model says nothing about.
    """
    claim = read_relation(expression)
    if claim is None:
        return None
    relation, anchor = claim
    place = next((p for p in places if all(w in p.text.split() for w in anchor.split())), None)
    if place is None:
        return None
    says = f"and says that the {anchor} is at [{place.x:.0f}, {place.y:.0f}],"
    if relation is Relation.CLOSEST:
        others = {n: boxes[n] for n in described if n in boxes and n not in chosen}
        for number in chosen:
            if wrong := _closer(boxes[number], others, place):
                return f"the model chose candidate {number} {says} {wrong}"
        return None
    for number in chosen:
        if _ahead(boxes[number], relation, place) < -1:
            return f"the model chose candidate {number} {says} which is {_BEYOND[relation]} it"
    for number in left_out:
        if _ahead(boxes[number], relation, place) > 1:
            where = _BEYOND[_OPPOSITE[relation]]
            return f"the model ruled out candidate {number} {says} which is {where} it"
    return None


def _closer(box: Box, others: Mapping[int, Box], place: Place) -> str | None:
    distance = place.distance(box)
    for number, other in others.items():
        if place.distance(other) * FARTHER < distance:
            return f"to which candidate {number} is closer"
    return None


def _ahead(box: Box, relation: Relation, place: Place) -> float:
    """Return how far the box lies on the side that is asked for; surely beyond 1, not below -1."""
    if relation in (Relation.LEFT, Relation.RIGHT):
        ahead, extent = box.center[0] - place.x, box.width
    else:
        ahead, extent = box.y1 - place.y, box.height
    sign = 1 if relation in (Relation.RIGHT, Relation.FRONT) else -1
    return sign * ahead / (LEVEL * extent) if extent > 0 else 0.0
