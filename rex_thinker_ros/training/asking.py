"""Ask questions about a tabletop: referring expressions with the answers that the scene dictates.

Only questions that two people would answer alike are asked: where the order of two candidates is
within a margin, `ask` gives up on that question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.questions import (
    Key,
    Order,
    Question,
    Relation,
    Seen,
    UnclearError,
    resolve,
)
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS, ORDINALS, plural

T = TypeVar("T")

KINDS = {
    "attribute": 0.16, "plural": 0.12, "ordinal": 0.15, "attribute+ordinal": 0.17,
    "superlative": 0.10, "attribute+superlative": 0.08, "relation": 0.22,
}  # fmt: skip
# what is learned with images: what is reckoned more often than it is asked
LEARNED_KINDS = {
    "attribute": 0.14, "plural": 0.12, "ordinal": 0.12, "attribute+ordinal": 0.13,
    "superlative": 0.08, "attribute+superlative": 0.06, "relation": 0.27, "closest": 0.08,
}  # fmt: skip
# where text alone is drilled: what numbers settle, without the eye
DRILLED_KINDS = {
    "attribute": 0.02, "plural": 0.08, "ordinal": 0.17, "attribute+ordinal": 0.11,
    "superlative": 0.07, "attribute+superlative": 0.03, "relation": 0.37, "closest": 0.15,
}  # fmt: skip
ABSENT = 0.25  # share of questions that nothing answers


def ask(
    objects: Sequence[Seen], image: Size, rng: np.random.Generator, category: str | None = None,
    kinds: Mapping[str, float] = KINDS,
) -> Question:  # fmt: skip
    """Draw a question about what is seen; raise UnclearError if it has no plain answer.

    The candidates are all objects of the category that is asked for, in random order. `kinds`
    are the shares of the kinds of questions.
    """
    present = sorted({item.category for item in objects})
    counts = np.array([sum(o.category == c for o in objects) for c in present], float)
    category = category or str(rng.choice(present, p=counts / counts.sum()))
    same = [item for item in objects if item.category == category]
    candidates = tuple(same[i] for i in rng.permutation(len(same)))
    kind = str(rng.choice(list(kinds), p=list(kinds.values())))
    absent = rng.random() < ABSENT
    maker = _Maker(kind, category, candidates, tuple(objects), image, absent, rng)
    if kind in ("relation", "closest"):
        return maker.relation()
    if kind in ("attribute", "plural"):
        return maker.attribute(wants_all=kind == "plural")
    return maker.ordered()


def ask_for_absent(objects: Sequence[Seen], rng: np.random.Generator) -> Question:
    """Draw a question about a category that is not on the table."""
    absent = [c for c in CATEGORIES if c not in {item.category for item in objects}]
    category = str(rng.choice(absent))
    color = str(rng.choice(COLORS)) if rng.random() < 0.5 else None
    return Question("absent category", _join(color, category), category, False, color, (), ())


@dataclass(frozen=True)
class _Maker:
    kind: str
    category: str
    candidates: tuple[Seen, ...]
    objects: tuple[Seen, ...]
    image: Size
    absent: bool
    rng: np.random.Generator

    def attribute(self, *, wants_all: bool) -> Question:
        color = self._color(required=self.absent or self.rng.random() < 0.8)
        noun = _join(color, plural(self.category) if wants_all else self.category)
        question = self._question(noun, wants_all, color)
        count = len(question.targets)
        if wants_all and count in (2, 3, 4) and self.rng.random() < 0.15:
            return replace(question, expression=f"{('two', 'three', 'four')[count - 2]} {noun}")
        return self._rarely_ambiguous(question)

    def ordered(self) -> Question:
        color = self._color(required=True) if "attribute" in self.kind else None
        noun = _join(color, self.category)
        if "superlative" in self.kind:
            order, expression = self._superlative(noun)
        else:
            fitting = sum(color in (None, item.color) for item in self.candidates)
            order, expression = self._ordinal(noun, fitting)
        return self._question(expression, False, color, order=order)

    def _superlative(self, noun: str) -> tuple[Order, str]:
        choices = [
            (Key.X, False, [f"leftmost {noun}"]),
            (Key.X, True, [f"rightmost {noun}"]),
            (Key.SIZE, True, [f"largest {noun}", f"biggest {noun}"]),
            (Key.SIZE, False, [f"smallest {noun}"]),
        ]
        key, descending, texts = self._pick(choices)
        return Order(key, descending, 0), self._pick(texts)

    def _ordinal(self, noun: str, fitting: int) -> tuple[Order, str]:
        limit = max(fitting, 1)
        if limit >= len(ORDINALS):
            raise UnclearError("too many to count")
        if self.absent:
            rank = int(self.rng.integers(limit, min(limit + 2, len(ORDINALS))))
        else:
            rank = int(self.rng.integers(0, min(limit, 5)))
        word = ORDINALS[rank]
        depth = "" if rank == 0 else f"{word} "
        choices = [
            (Key.X, False, [f"{word} {noun} from the left", f"{word} {noun} from left"]),
            (Key.X, True, [f"{word} {noun} from the right", f"{word} {noun} from right"]),
            (Key.BOTTOM, True, [
                f"{depth}nearest {noun}", f"{depth}closest {noun}",
                f"{depth}{noun} nearest to the camera" if rank == 0 else f"{depth}nearest {noun}",
                f"{depth}{noun} closest to the camera" if rank == 0 else f"{depth}nearest {noun}",
            ]),
            (Key.BOTTOM, False, [
                f"{depth}farthest {noun}", f"{depth}farthest {noun}",
                f"{noun} farthest from the camera" if rank == 0 else f"{depth}farthest {noun}",
            ]),
        ]  # fmt: skip
        weights = np.array([0.3, 0.3, 0.2, 0.2])
        key, descending, texts = choices[int(self.rng.choice(4, p=weights))]
        return Order(key, descending, rank), self._pick(texts)

    def relation(self) -> Question:
        sides = [Relation.LEFT, Relation.RIGHT, Relation.FRONT, Relation.BEHIND]
        closest = [Relation.CLOSEST, Relation.CLOSEST]
        relation = self._pick(closest if self.kind == "closest" else [*closest, *sides])
        name, anchor = self._anchor()
        color = self._color(required=False) if self.rng.random() < 0.35 else None
        wants_all = relation is not Relation.CLOSEST and self.rng.random() < 0.3
        noun = _join(color, plural(self.category) if wants_all else self.category)
        question = self._question(
            f"{noun} {self._wording(relation)} the {' '.join(name)}", wants_all, color,
            order=Order(Key.DISTANCE, False, 0) if relation is Relation.CLOSEST else None,
            relation=relation, anchor_name=name, anchor=anchor,
        )  # fmt: skip
        return self._rarely_ambiguous(question)

    def _rarely_ambiguous(self, question: Question) -> Question:
        if not question.wants_all and len(question.targets) > 1 and self.rng.random() < 0.7:
            raise UnclearError("several match; a few such questions are enough")
        return question

    def _wording(self, relation: Relation) -> str:
        texts = {
            Relation.CLOSEST: ["closest to", "nearest to", "closest to", "next to"],
            Relation.LEFT: ["left of", "to the left of"],
            Relation.RIGHT: ["right of", "to the right of"],
            Relation.FRONT: ["in front of"],
            Relation.BEHIND: ["behind"],
        }
        return self._pick(texts[relation])

    def _anchor(self) -> tuple[tuple[str, str], Seen | None]:
        """Draw a (color, category) that exactly one object has, or none if absent is asked."""
        names = [(item.color, item.category) for item in self.objects]
        if self.absent:
            missing = [
                (color, category)
                for color in COLORS
                for category in CATEGORIES
                if category != self.category and (color, category) not in names
            ]
            # Near misses: a color or a category that is on the table, not the two together.
            near = [n for n in missing if any(n[0] == a or n[1] == b for a, b in names)]
            return self._pick(near or missing), None
        unique = [
            item
            for item, name in zip(self.objects, names, strict=True)
            if names.count(name) == 1 and item.category != self.category
        ]
        if not unique:
            raise UnclearError("no anchor is unique")
        anchor = self._pick(unique)
        return (anchor.color, anchor.category), anchor

    def _color(self, *, required: bool) -> str | None:
        seen = [item.color for item in self.candidates]
        if (
            self.absent
            and self.kind not in ("relation", "closest")
            and ("ordinal" not in self.kind or self.rng.random() < 0.5)
        ):
            return self._pick([color for color in COLORS if color not in seen])
        return self._pick(seen) if required or self.rng.random() < 0.4 else None

    def _pick(self, options: Sequence[T]) -> T:
        if not options:
            raise UnclearError("there is nothing to choose from")
        return options[int(self.rng.integers(len(options)))]

    def _question(
        self, expression: str, wants_all: bool, color: str | None, *,
        order: Order | None = None, relation: Relation | None = None,
        anchor_name: tuple[str, str] | None = None, anchor: Seen | None = None,
    ) -> Question:  # fmt: skip
        question = Question(
            self.kind, expression, self.category, wants_all, color, self.candidates, (),
            order, relation, anchor_name, anchor,
        )  # fmt: skip
        return replace(question, targets=resolve(question, self.image))


def _join(color: str | None, noun: str) -> str:
    return f"{color} {noun}" if color else noun
