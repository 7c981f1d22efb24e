"""The question that each held-out scene is asked, and what a right answer to it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.decision import Decision, snap
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import smart_resize
from rex_thinker_ros.training.asking import ask, ask_for_absent
from rex_thinker_ros.training.examples import BOUNDS, resize_objects
from rex_thinker_ros.training.questions import Question, UnclearError
from rex_thinker_ros.training.store import HELD_OUT_SEED, StoredScene

ABSENT_CATEGORY = 0.05  # share of questions about something that is not on the table at all
NOTHING = (Outcome.NO_CANDIDATES, Outcome.NO_MATCH)


def draw(scene: StoredScene, number: int) -> Question:
    """Draw the scene's question; boxes in resized pixels, the same for every model."""
    rng = np.random.default_rng(HELD_OUT_SEED + number)
    seen = resize_objects(scene.objects, scene.size)
    if rng.random() < ABSENT_CATEGORY:
        return ask_for_absent(seen, rng)
    while True:
        try:
            return ask(seen, smart_resize(scene.size, BOUNDS), rng)
        except UnclearError:
            continue


def expectation(question: Question, scene: StoredScene) -> tuple[Outcome, list[Box]]:
    """Return what the scene dictates, with boxes in full-image pixels."""
    if not question.targets:
        return Outcome.NO_MATCH, []
    if len(question.targets) > 1 and not question.wants_all:
        return Outcome.AMBIGUOUS, []
    seen = resize_objects(scene.objects, scene.size)
    places = {item.box: o.box for item, o in zip(seen, scene.objects, strict=True)}
    return Outcome.FOUND, [places[question.candidates[i].box] for i in question.targets]


def is_right(decision: Decision, expected: Outcome, boxes: Sequence[Box]) -> bool:
    """Tell whether a decision is the expected one; boxes in the same pixels."""
    if expected is Outcome.NO_MATCH:
        return decision.outcome in NOTHING
    return decision.outcome is expected and same_boxes(decision.boxes, boxes)


def same_boxes(boxes: Sequence[Box], truth: Sequence[Box]) -> bool:
    """Tell whether the boxes are those of the truth, one to one at IoU 0.5."""
    return len(boxes) == len(truth) and None not in snap(boxes, truth)
