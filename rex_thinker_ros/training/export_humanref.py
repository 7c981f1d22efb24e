"""Write held-out tabletops as a referring set in HumanRef's format.

`python -m rex_thinker_ros.training.export_humanref --help`
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from PIL import Image
from rich.progress import track

from rex_thinker_ros.apps.evaluation.humanref import REJECTION
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.training.held_out import draw, expectation
from rex_thinker_ros.training.store import StoredScene, read_worlds


def line(scene: StoredScene, number: int, image_name: str) -> dict[str, object] | None:
    """Return the scene's expression, boxes in full-image pixels; None if it is ambiguous.

    HumanRef's expressions mean every object that fits, so that nothing is ambiguous there.
    """
    question = draw(scene, number)
    outcome, boxes = expectation(question, scene)
    if outcome is Outcome.AMBIGUOUS:
        return None
    candidates = [o.box for o in scene.objects if o.category == question.category]
    return {
        "id": number,
        "image_name": image_name,
        "domain": question.kind if boxes else REJECTION,
        "sub_domain": question.category,
        "referring": question.expression,
        "answer_boxes": [box.as_tuple() for box in boxes],
        "candidate_boxes": [box.as_tuple() for box in candidates],
    }


def main() -> None:
    """Write images and `set.jsonl` from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of rendered held-out worlds")
    parser.add_argument("folder", type=Path, help="where set.jsonl and images/ go")
    parser.add_argument("--limit", type=int, default=1000)
    args = parser.parse_args()
    scenes = [scene for world in read_worlds(args.scenes) for scene in world][: args.limit]
    images = args.folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    with (args.folder / "set.jsonl").open("w", encoding="utf-8") as lines:
        for number, scene in enumerate(track(scenes, description="Writing")):
            name = f"{number:05d}.png"
            if values := line(scene, number, name):
                Image.fromarray(scene.image()).save(images / name)
                lines.write(json.dumps(values) + "\n")


if __name__ == "__main__":
    main()
