"""The bundled demo: a bag, what is to be seen in it, and what to ask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from rosbags.rosbag2 import Reader, ReaderError

from rex_thinker_ros.apps.script import Cue, Script
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.user_error import UserError

IMAGE_TOPIC = "/camera/image"  # the bag holds its compressed form
_SUFFIX = "/compressed"


class MaterialError(UserError):
    """The demo's files are missing or do not fit together; the text says which and why."""


@dataclass(frozen=True)
class Truth:
    """What is to be seen: by recorded stamp in nanoseconds, the boxes in pixels by object id."""

    frames: Mapping[int, Mapping[int, Box]]

    def boxes(self, cue: Cue, stamp: int | None) -> tuple[Box, ...]:
        """Return the boxes of a cue's objects, as far as they are visible in a recorded frame."""
        visible = self.frames.get(stamp, {}) if stamp is not None else {}
        return tuple(visible[number] for number in cue.objects if number in visible)


@dataclass(frozen=True)
class Material:
    """A bag of IMAGE_TOPIC, compressed, the truth about it, and the script of commands."""

    bag: Path
    truth: Truth
    script: Script

    @property
    def topic(self) -> str:
        """Return the image topic in the bag."""
        return IMAGE_TOPIC + _SUFFIX


def load_material(folder: Path, only: int | None = None) -> Material:
    """Read tabletops/, truth.json and commands.yaml in `folder`; `only` so many commands.

    Raises:
        MaterialError: a file is missing, unreadable, or does not fit the bag.
    """
    try:
        truth = _read_truth(folder / "truth.json")
        cues = tuple(Cue(**item) for item in yaml.safe_load((folder / "commands.yaml").read_text()))
        duration_seconds = _duration(folder / "tabletops")
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError, ReaderError) as error:
        raise MaterialError(f"The demo's material in {folder} cannot be read: {error}") from error
    for cue in cues:
        if cue.earliest > duration_seconds:
            raise MaterialError(f"'{cue.command}' comes after the bag's end, {duration_seconds} s.")
    return Material(folder / "tabletops", truth, Script(cues[:only]))


def _read_truth(path: Path) -> Truth:
    frames = json.loads(path.read_text())["frames"]
    return Truth(
        {
            frame["stamp"]: {item["id"]: Box(*item["box"]) for item in frame["objects"]}
            for frame in frames
        }
    )


def _duration(bag: Path) -> float:
    with Reader(bag) as reader:
        if IMAGE_TOPIC + _SUFFIX not in reader.topics:
            raise ValueError(f"{bag} has no {IMAGE_TOPIC + _SUFFIX}")
        return float(reader.duration) / 1e9
