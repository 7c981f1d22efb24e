"""Make the demo's bag: a moving camera over several tabletops, commands and the truth.

`python -m rex_thinker_ros.training.make_bag demo` wrote what is bundled.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.asking import ask, ask_for_absent
from rex_thinker_ros.training.effects import degrade, to_jpeg
from rex_thinker_ros.training.questions import Question, Seen, UnclearError, resolve
from rex_thinker_ros.training.scene import (
    Scene,
    in_view,
    observe,
    sample_camera,
    sample_placements,
)
from rex_thinker_ros.training.scene_object import SceneObject
from rex_thinker_ros.training.world import Camera, Placement, World

IMAGE = Size(640, 480)
RATE = 5.0  # frames per second
SECONDS = 8.0  # each tabletop is seen for so long
START = 1_700_000_000.0  # the bag's first stamp, seconds
FRAME_ID = "camera_color_optical_frame"
SEED = 20_000_000  # no training or held-out seed
QUALITY = 70

SENTENCES = (
    "pick up the {}", "could you hand me the {}, please?", "grab the {}", "bring me the {}",
    "where is the {}?", "point at the {}", "I need the {}", "find the {}", "take the {}",
)  # fmt: skip
FOR_ALL = ("pick up all the {}", "where are the {}?")
PLAN = (  # the kinds asked of each tabletop; None stands for a sentence without an object
    ("attribute", "ordinal", "no match"),
    ("relation", "plural", "absent category"),
    ("superlative", "attribute+ordinal", None),
    ("attribute+ordinal", "ambiguous", "relation"),
    ("plural", "no match", "ordinal"),
    ("attribute+superlative", "relation", "attribute+ordinal"),
)


@dataclass(frozen=True)
class Ask:
    """A command, when it may be given (seconds from the start) and what is to come of it."""

    at: float
    until: float
    command: str
    status: str
    objects: tuple[int, ...]


def camera_path(first: Camera, frames: int) -> Iterator[Camera]:
    """Yield the cameras of a slow arc around the target that ends a little closer."""
    offset = np.subtract(first.position, first.target)
    for step in np.linspace(-1, 1, frames):
        angle = np.radians(7) * np.sin(step * np.pi / 2)
        c, s = np.cos(angle), np.sin(angle)
        turned = np.array([c * offset[0] - s * offset[1], s * offset[0] + c * offset[1], offset[2]])
        x, y, z = (np.array(first.target) + turned * (1 - 0.04 * step)).tolist()
        yield replace(first, position=(x, y, z))


def film(seed: int, frames: int) -> list[Scene]:
    """Return a tabletop as the camera passes over it; all its objects stay in view."""
    rng = np.random.default_rng(seed)
    world = World(rng, IMAGE)
    try:
        while True:
            camera = sample_camera(rng, IMAGE)
            path = list(camera_path(camera, frames))
            placements = _always_in_view(world, sample_placements(world, rng), path)
            kinds = {item.category for item in placements}
            if not 6 <= len(placements) <= 9 or not 2 <= len(kinds) <= 4:
                continue
            world.lay_out(placements, camera, rng)
            shots = []
            for view in path:
                world.aim(view)
                shot = observe(world, placements, view)
                if shot is None:
                    break
                shots.append(replace(shot, image=degrade(shot.image, np.random.default_rng(seed))))
            if len(shots) == frames:
                return shots
    finally:
        world.close()


def _always_in_view(
    world: World, placements: list[Placement], path: Sequence[Camera]
) -> list[Placement]:
    for camera in (path[0], path[len(path) // 2], path[-1]):
        placements = in_view(world, placements, camera)
    return placements


def seen(scene: Scene) -> list[Seen]:
    """Return the scene's objects as questions see them, in full-image pixels."""
    return [Seen(o.category, o.color, o.box, (o.x, o.y)) for o in scene.objects]


def holds(question: Question, ids: tuple[int, ...], shots: Sequence[Scene]) -> bool:
    """Tell whether the question has the same answer in all shots; `ids`: the candidates."""
    anchor = None
    if question.anchor is not None:
        names = [(o.color, o.category) for o in shots[0].objects]
        anchor = names.index((question.anchor.color, question.anchor.category))
    for shot in shots:
        now = seen(shot)
        asked = replace(
            question, candidates=tuple(now[i] for i in ids),
            anchor=None if anchor is None else now[anchor],
        )  # fmt: skip
        try:
            if sorted(resolve(asked, IMAGE)) != list(question.targets):
                return False
        except UnclearError:
            return False
    return True


def wanted(question: Question, kind: str) -> bool:
    """Tell whether a drawn question is of the planned kind."""
    several = len(question.targets) > 1 and not question.wants_all
    if kind == "ambiguous":
        return several
    if kind == "no match":
        return not question.targets and len(question.candidates) > 1
    enough = len(question.targets) > 1 if kind == "plural" else len(question.targets) == 1
    return question.kind == kind and enough and len(question.candidates) > 1


def ask_of(
    shots: Sequence[Scene], kind: str, rng: np.random.Generator
) -> tuple[Question, tuple[int, ...]]:
    """Draw a question of the kind whose answer is the same in all shots."""
    middle = seen(shots[len(shots) // 2])
    if kind == "absent category":
        return ask_for_absent(middle, rng), ()
    while True:
        try:
            question = ask(middle, IMAGE, rng)
        except UnclearError:
            continue
        ids = tuple(middle.index(item) for item in question.candidates)
        if wanted(question, kind) and holds(question, ids, shots):
            return question, ids


def status(question: Question) -> str:
    """Return the name of the outcome that the question must have."""
    if not question.candidates:
        return "NO_CANDIDATES"
    if not question.targets:
        return "NO_MATCH"
    return "FOUND" if question.wants_all or len(question.targets) == 1 else "AMBIGUOUS"


def plan_commands(index: int, shots: Sequence[Scene]) -> list[Ask]:
    """Return the commands for one tabletop, spread over the time it is seen."""
    rng = np.random.default_rng(SEED + 1000 + index)
    start = index * SECONDS
    asks = []
    for number, kind in enumerate(PLAN[index]):
        at = start + 0.4 + number * 0.1
        until = start + SECONDS - 0.2
        if kind is None:
            asks.append(Ask(at, until, "now move a little to the left", "INVALID_COMMAND", ()))
            continue
        question, ids = ask_of(shots, kind, rng)
        sentences = FOR_ALL if question.wants_all else SENTENCES
        sentence = sentences[(index * 3 + number) % len(sentences)].format(question.expression)
        objects = tuple(ids[i] for i in question.targets) if status(question) == "FOUND" else ()
        asks.append(Ask(at, until, sentence, status(question), objects))
    return asks


def write_bag(folder: Path, films: Sequence[Sequence[Scene]]) -> list[int]:
    """Write the rosbag2 (mcap); return the frames' stamps in nanoseconds."""
    types = get_typestore(Stores.ROS2_KILTED)
    image_type = types.types["sensor_msgs/msg/CompressedImage"]
    info_type = types.types["sensor_msgs/msg/CameraInfo"]
    header_type = types.types["std_msgs/msg/Header"]
    time_type = types.types["builtin_interfaces/msg/Time"]
    roi_type = types.types["sensor_msgs/msg/RegionOfInterest"]
    stamps = []
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as bag:
        images = bag.add_connection(
            "/camera/image/compressed", image_type.__msgtype__, typestore=types
        )
        infos = bag.add_connection("/camera/camera_info", info_type.__msgtype__, typestore=types)
        for number, shot in enumerate(shot for shots in films for shot in shots):
            stamp = round((START + number / RATE) * 1e9)
            stamps.append(stamp)
            header = header_type(time_type(stamp // 10**9, stamp % 10**9), FRAME_ID)
            jpeg = np.frombuffer(to_jpeg(shot.image, QUALITY), np.uint8)
            message = image_type(header, "jpeg", jpeg)
            bag.write(images, stamp, types.serialize_cdr(message, image_type.__msgtype__))
            focal = shot.camera.focal(IMAGE)
            k = np.array([focal, 0, IMAGE.width / 2, 0, focal, IMAGE.height / 2, 0, 0, 1])
            p = np.array([focal, 0, IMAGE.width / 2, 0, 0, focal, IMAGE.height / 2, 0, 0, 0, 1, 0])
            info = info_type(
                header, IMAGE.height, IMAGE.width, "plumb_bob", np.zeros(5), k,
                np.eye(3).ravel(), p, 0, 0, roi_type(0, 0, 0, 0, False),
            )  # fmt: skip
            bag.write(infos, stamp, types.serialize_cdr(info, info_type.__msgtype__))
    return stamps


def truth(films: Sequence[Sequence[Scene]], stamps: Sequence[int]) -> dict[str, object]:
    """Return every frame's stamp, tabletop and objects for truth.json."""
    shots = [(index, shot) for index, shots in enumerate(films) for shot in shots]
    return {
        "frames": [
            {
                "stamp": stamp,
                "scene": index,
                "objects": [_as_json(i, o) for i, o in enumerate(shot.objects)],
            }
            for stamp, (index, shot) in zip(stamps, shots, strict=True)
        ]
    }


def _as_json(number: int, item: SceneObject) -> dict[str, object]:
    return {
        "id": number, "category": item.category, "color": item.color,
        "box": [round(v) for v in item.box.as_tuple()],
    }  # fmt: skip


def main() -> None:
    """Write the bag, truth.json and commands.yaml into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    shutil.rmtree(folder / "tabletops", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    films = [film(SEED + index, round(RATE * SECONDS)) for index in range(len(PLAN))]
    asks = [a for index, shots in enumerate(films) for a in plan_commands(index, shots)]
    stamps = write_bag(folder / "tabletops", films)
    (folder / "truth.json").write_text(json.dumps(truth(films, stamps), separators=(",", ":")))
    commands = [
        {
            "at": round(a.at, 1), "until": round(a.until, 1), "command": a.command,
            "status": a.status, "objects": list(a.objects),
        }
        for a in asks
    ]  # fmt: skip
    (folder / "commands.yaml").write_text(yaml.safe_dump(commands, sort_keys=False))
    size = sum(f.stat().st_size for f in (folder / "tabletops").iterdir()) / 1e6
    print(f"{len(stamps)} frames, {len(asks)} commands, {size:.1f} MB")


if __name__ == "__main__":
    main()
