"""Write training tabletops as a referring set with reasoning, to try fine-tuning with.

`python -m rex_thinker_ros.training.export_reasoned --help`
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.prompt import smart_resize
from rex_thinker_ros.training.examples import BOUNDS, draw_question
from rex_thinker_ros.training.questions import Question
from rex_thinker_ros.training.store import StoredScene, read_worlds
from rex_thinker_ros.training.traces import write_trace

SEED = 1


def line(scene: StoredScene, image_name: str, seed: int) -> dict[str, object]:
    """Return a question about the scene as training draws it, boxes in full-image pixels."""
    question = draw_question(scene.objects, scene.size, np.random.default_rng(seed))
    resized = smart_resize(scene.size, BOUNDS)
    boxes = [_in_full(item.box, resized, scene.size) for item in question.candidates]
    return {
        "image_name": image_name,
        "referring": question.expression,
        "category": question.category,
        "answer_boxes": [boxes[index].as_tuple() for index in question.targets],
        "candidate_boxes": [box.as_tuple() for box in boxes],
        "think": _think(question),
    }


def _in_full(box: Box, resized: Size, full: Size) -> Box:
    """Return the box whose hint, as the prompt rounds down, is `box` to the pixel."""
    middle = Box(*(edge + 0.5 for edge in box.as_tuple()))
    return middle.scaled(resized, full)


def _think(question: Question) -> str:
    text = "".join(piece.text for piece in write_trace(question))
    return text.removeprefix("<think>").partition("</think>")[0]


def main() -> None:
    """Write images and `set.jsonl` from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of rendered training worlds")
    parser.add_argument("folder", type=Path, help="where set.jsonl and images/ go")
    parser.add_argument("--limit", type=int, default=100, help="scenes (default: %(default)s)")
    parser.add_argument("--questions", type=int, default=1, help="about each scene")
    args = parser.parse_args()
    images = args.folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    scenes = [scene for world in read_worlds(args.scenes) for scene in world][: args.limit]
    with (args.folder / "set.jsonl").open("w", encoding="utf-8") as lines:
        for number, scene in enumerate(track(scenes, description="Writing")):
            name = f"{number:05d}.png"
            Image.fromarray(scene.image()).save(images / name)
            for turn in range(args.questions):
                values = line(scene, name, SEED + number * args.questions + turn)
                lines.write(json.dumps(values, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
