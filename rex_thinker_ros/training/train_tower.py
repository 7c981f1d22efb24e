"""Train the reasoner's eye alone: `python -m rex_thinker_ros.training.train_tower --help`.

What is to be seen is learned from crops of single objects, several times cheaper than from whole
images; the reasoner's own training puts it to use.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.training.ahead import made_ahead
from rex_thinker_ros.training.cells import IGNORE
from rex_thinker_ros.training.course import BFLOAT16, Course
from rex_thinker_ros.training.crops import CELLS, Crops, make_crops
from rex_thinker_ros.training.going_on import RESUME_HELP, go_on
from rex_thinker_ros.training.losses import Guides
from rex_thinker_ros.training.reasoner_forward import see
from rex_thinker_ros.training.reasoner_model import build_reasoner
from rex_thinker_ros.training.store import StoredScene, read_worlds
from rex_thinker_ros.training.tokenizer import build_tokenizer

SCENES, EACH = 16, 8  # scenes in a batch, crops of each
LIKE_EARLIER = 0.3
NAMING, NAMING_RATE = 1.5, 5e-3  # minutes for names alone, which a checkpoint does not have
GRID = (2 * CELLS, 2 * CELLS)


def tower_loss(
    model: Qwen2_5_VLForConditionalGeneration, guides: Guides, crops: Crops,
    earlier: Qwen2_5_VLForConditionalGeneration | None = None,
) -> dict[str, torch.Tensor]:  # fmt: skip
    """Return the losses of colors and categories, and the shares named right.

    With an `earlier` model also how far the features are from its own.
    """
    vision = see(model, crops.pixels, GRID)
    losses = {}
    for name, head, labels in (
        ("color", guides.color, crops.colors), ("category", guides.category, crops.categories),
    ):  # fmt: skip
        logits = head(vision).flatten(0, 1)
        weight = torch.ones(logits.shape[1])
        weight[0] = 0.15
        goal = labels.flatten()
        losses[name] = functional.cross_entropy(logits, goal, weight, ignore_index=IGNORE)
        something = goal > 0
        hits = logits[something].argmax(1) == goal[something]
        losses[f"{name} right"] = hits.float().mean().detach()
    if earlier is not None:
        with torch.no_grad():
            old = see(earlier, crops.pixels, GRID)
        losses["like earlier"] = LIKE_EARLIER * functional.mse_loss(vision, old) / old.var()
    return losses


def train(
    scenes: Sequence[StoredScene], folder: Path, *, minutes: float, rate: float,
    resume: Path | None, bfloat16: bool = False,
) -> None:  # fmt: skip
    """Train for some minutes of wall time and write `tower.pt` now and then."""
    torch.manual_seed(0)
    model, guides = build_reasoner(build_tokenizer()), Guides()
    earlier, lacks_names = None, False
    if resume is not None:
        lacks_names = not go_on(resume, model, guides)
        earlier = deepcopy(model)
    heads = {"params": [*guides.color.parameters(), *guides.category.parameters()]}
    tower = {"params": list(model.model.visual.parameters())}
    optimizer = torch.optim.AdamW(
        [tower, heads], lr=rate, betas=(0.9, 0.98), weight_decay=0.02, fused=True
    )
    rng = np.random.default_rng(int(time.time()))

    def make() -> Crops:
        return make_crops([scenes[i] for i in rng.integers(0, len(scenes), SCENES)], EACH, rng)

    folder.mkdir(parents=True, exist_ok=True)
    batches = made_ahead(make)
    whole = Course(optimizer, minutes=minutes, rate=rate, warm_up=200)
    names = Course(optimizer, minutes=NAMING, rate=NAMING_RATE, name="names")
    for course in (names, whole) if lacks_names else (whole,):
        optimizer.param_groups[0]["share"] = float(course is whole)
        for crops in course.each(batches):
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                losses = tower_loss(model, guides, crops, earlier)
            course.learn(torch.stack([v for v in losses.values() if v.requires_grad]).sum())
            course.note(losses)
            if course.count % 500 == 0:
                _save(model, guides, folder)
    _save(model, guides, folder)


def _save(model: Qwen2_5_VLForConditionalGeneration, guides: Guides, folder: Path) -> None:
    state = {
        "tower": model.model.visual.state_dict(),
        "color": guides.color.state_dict(), "category": guides.category.state_dict(),
    }  # fmt: skip
    torch.save(state, folder / "tower.pt")


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of rendered training worlds")
    parser.add_argument("folder", type=Path, help="where tower.pt goes")
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument(
        "--resume", type=Path,
        help=f"{RESUME_HELP}; its text part will still know the features",
    )  # fmt: skip
    parser.add_argument("--bfloat16", action="store_true", help=BFLOAT16)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    scenes = [scene for world in read_worlds(args.scenes) for scene in world]
    train(
        scenes, args.folder, minutes=args.minutes, rate=args.rate, resume=args.resume,
        bfloat16=args.bfloat16,
    )  # fmt: skip


if __name__ == "__main__":
    main()
