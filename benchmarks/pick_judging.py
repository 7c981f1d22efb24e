"""What a scene's command should lift, and which part is to blame for something else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from rex_thinker_ros.msg import Referral

from rex_thinker_ros.apps.tabletop_robot import Pick
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.ros.messages import box_of
from rex_thinker_ros.sim.tabletop import Tabletop
from rex_thinker_ros.sim.world_node import IMAGE
from rex_thinker_ros.training.held_out import draw, expectation, same_boxes
from rex_thinker_ros.training.store import StoredScene
from rex_thinker_ros.training.world import Camera

_NEXT = 1_000_000  # added to a scene's number, it draws another question
_RADIUS = 0.08  # metres; the largest object reaches so far from its middle


class Result(Enum):
    """What came of a command."""

    RIGHT = "right object lifted"
    WRONG = "wrong object lifted"
    REFUSED_RIGHTLY = "refused rightly"
    REFUSED_WRONGLY = "refused wrongly"
    MISSED = "missed grasp"


@dataclass(frozen=True)
class Case:
    """A command for a scene, and what it means there; boxes in full-image pixels."""

    scene: int
    kind: str
    sentence: str
    names: tuple[str, ...]  # of what should be lifted
    places: tuple[tuple[float, float], ...]  # of these, in metres on the table
    boxes: tuple[Box, ...]
    same_category: tuple[Box, ...]
    camera: Camera


@dataclass(frozen=True)
class Judged:
    """What came of a case."""

    scene: int
    kind: str
    sentence: str
    expected: tuple[str, ...]
    lifted: tuple[str, ...]
    status: int
    said: tuple[str, ...]
    result: str
    cause: str


def case(number: int, *, match: bool) -> Case:
    """Draw a command for a scene that something answers, or that nothing does."""
    table = Tabletop(number, IMAGE)
    try:
        scene, names = StoredScene(b"", IMAGE, table.scene.objects), list(table.objects)
    finally:
        table.close()
    attempt = number
    while True:
        question = draw(scene, attempt)
        _, boxes = expectation(question, scene)
        ambiguous = bool(question.targets) and not boxes
        if not ambiguous and bool(boxes) == match:
            break
        attempt += _NEXT
    meant = [i for i, item in enumerate(scene.objects) if item.box in boxes]
    return Case(
        number, question.kind, f"Pick up the {question.expression}, please.",
        tuple(names[i] for i in meant),
        tuple((scene.objects[i].x, scene.objects[i].y) for i in meant),
        tuple(boxes),
        tuple(o.box for o in scene.objects if o.category == question.category),
        table.camera,
    )  # fmt: skip


def judge(asked: Case, pick: Pick) -> Judged:
    """Return what came of it, and the first part that went wrong."""
    referral = pick.reply.referral
    result = _result(asked, pick)
    good = result in (Result.RIGHT, Result.REFUSED_RIGHTLY)
    return Judged(
        asked.scene, asked.kind, asked.sentence, asked.names, pick.lifted, referral.status,
        pick.said, result.value, "" if good else _cause(asked, referral),
    )  # fmt: skip


def _result(asked: Case, pick: Pick) -> Result:
    if set(pick.lifted) - set(asked.names):
        return Result.WRONG
    if pick.reply.referral.status == Referral.FOUND:
        return Result.RIGHT if set(pick.lifted) == set(asked.names) else Result.MISSED
    return Result.REFUSED_WRONGLY if asked.names else Result.REFUSED_RIGHTLY


def _cause(asked: Case, referral: Referral) -> str:
    candidates = [box_of(candidate.box) for candidate in referral.candidates]
    if not same_boxes(candidates, asked.same_category):
        return "detector"
    if not same_boxes(list(map(box_of, referral.boxes)), asked.boxes):
        return "reasoning"
    points = [_on_table(asked.camera, pick.point) for pick in referral.pick_points]
    near = [any(np.hypot(x - a, y - b) < _RADIUS for a, b in asked.places) for x, y, _ in points]
    return "grasp" if len(near) == len(asked.names) and all(near) else "pick point"


def _on_table(camera: Camera, point: object) -> np.ndarray:
    """Return a point of the camera's optical frame in the table's, in metres."""
    right, up, back = camera.axes()
    x, y, z = (getattr(point, axis) for axis in "xyz")
    return np.array(camera.position) + x * right - y * up - z * back
