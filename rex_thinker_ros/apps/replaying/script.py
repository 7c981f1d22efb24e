"""Commands, when they are given, and what is expected to come of them: a YAML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from rex_thinker_ros.answering.settings import DEFAULTS, Settings
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.user_error import UserError

POINT_METRES = 0.02
"""How far a pick point may be off where nothing else is said."""


class ScriptError(UserError):
    """Say what in a file of commands does not fit."""


@dataclass(frozen=True)
class ExpectedPoint:
    """Where a pick point should be, in metres in the camera's optical frame, and how nearly."""

    xyz: tuple[float, float, float]
    within: float


@dataclass(frozen=True)
class Expectation:
    """What should come of a command; boxes are in full-image pixels, each hit at `iou` or more.

    None asks for nothing.
    """

    status: Outcome | None = None
    boxes: tuple[Box, ...] | None = None
    iou: float = 0.5
    point: ExpectedPoint | None = None


@dataclass(frozen=True)
class Cue:
    """One command, given `at` seconds after the bag's start."""

    at: float
    say: str
    camera: str = ""
    category: str = ""
    expect: Expectation = Expectation()


@dataclass(frozen=True)
class CameraTopics:
    """The topics of a camera; empty where the bag has none."""

    image: str
    depth: str = ""
    camera_info: str = ""
    candidates: str = ""


@dataclass(frozen=True)
class Script:
    """What to do with a bag: cameras by name, settings and commands in order."""

    cameras: Mapping[str, CameraTopics]
    cues: tuple[Cue, ...]
    settings: Settings = DEFAULTS


def read_script(path: Path) -> Script:
    """Read a file of commands.

    Raises:
        ScriptError: it cannot be read, or something in it is unknown, missing or malformed.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScriptError(f"{path} cannot be read: {error}") from error
    try:
        return _script(_mapping(values, {"topic", "cameras", "settings", "commands"}))
    except (TypeError, ValueError) as error:
        raise ScriptError(f"{path}: {error}") from error


def _script(values: Mapping[str, Any]) -> Script:
    if ("topic" in values) == ("cameras" in values):
        raise ValueError("name either the topic of the images, or cameras: {name: topic}")
    named = values.get("cameras") or {"": values["topic"]}
    if not isinstance(named, dict):
        raise TypeError("cameras must be names and their topics")
    cameras = {str(name): camera_topics(topics) for name, topics in named.items()}
    given = values.get("commands")
    if not isinstance(given, list) or not given:
        raise ValueError("commands must be a list of at least one command")
    cues = [_cue(number, one, next(iter(cameras))) for number, one in enumerate(given, 1)]
    known = {spec.name for spec in fields(Settings)}
    settings = Settings(**_mapping(values.get("settings") or {}, known))
    return Script(cameras, tuple(sorted(cues, key=lambda cue: cue.at)), settings)


def camera_topics(values: Any) -> CameraTopics:
    """Return topics that are given as the image's alone, or each by its name.

    Raises TypeError or ValueError for what are none.
    """
    if isinstance(values, str):
        values = {"image": values}
    topics = _mapping(values, {spec.name for spec in fields(CameraTopics)})
    if "image" not in topics or not all(isinstance(topic, str) for topic in topics.values()):
        raise TypeError("a camera has an image topic, or image, depth, camera_info, candidates")
    if bool(topics.get("depth")) != bool(topics.get("camera_info")):
        raise ValueError("depth and camera_info go together")
    return CameraTopics(**topics)


def _cue(number: int, values: Any, default_camera: str) -> Cue:
    try:
        values = _mapping(values, {"at", "say", "camera", "category", "expect"})
        at, say = values.get("at"), values.get("say")
        if not isinstance(at, (int, float)) or not math.isfinite(at) or at < 0:
            raise ValueError("at must be the seconds after the bag's start")
        if not isinstance(say, str):
            raise TypeError("say must be a sentence")
        camera = str(values.get("camera", default_camera))
        expect = _expectation(values.get("expect") or {})
        return Cue(float(at), say, camera, str(values.get("category", "")), expect)
    except (TypeError, ValueError) as error:
        raise ValueError(f"command {number}: {error}") from error


def _expectation(values: Any) -> Expectation:
    values = _mapping(values, {"status", "boxes", "iou", "point", "within"})
    status, boxes = values.get("status"), values.get("boxes")
    if status is not None and status not in Outcome.__members__:
        raise ValueError(f"there is no status {status}; choose of {', '.join(Outcome.__members__)}")
    return Expectation(
        status=None if status is None else Outcome[status],
        boxes=None if boxes is None else tuple(Box(*map(float, box)) for box in boxes),
        iou=float(values.get("iou", 0.5)),
        point=None if "point" not in values else _point(values),
    )


def _point(values: Mapping[str, Any]) -> ExpectedPoint:
    x, y, z = map(float, values["point"])
    return ExpectedPoint((x, y, z), float(values.get("within", POINT_METRES)))


def _mapping(values: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise TypeError(f"{values!r:.40} has no names: there may be {', '.join(sorted(known))}")
    unknown = sorted(map(str, values.keys() - known))
    if unknown:
        raise ValueError(f"{unknown[0]} is unknown: there may be {', '.join(sorted(known))}")
    return values
