"""Train the embedded detector: `python -m rex_thinker_ros.training.train_detector --help`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import GroundingDinoForObjectDetection
from transformers.image_transforms import corners_to_center_format

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.ahead import made_ahead
from rex_thinker_ros.training.course import BFLOAT16, Course, averaged
from rex_thinker_ros.training.detector_losses import Targets, detector_loss
from rex_thinker_ros.training.detector_model import (
    COARSE,
    FINE,
    FINE_HELP,
    FIXED_IDS,
    OTHER_NOUNS,
    Sight,
    build_detector,
    build_tokenizer,
    image_processor,
    save_detector,
)
from rex_thinker_ros.training.store import StoredScene, read_worlds
from rex_thinker_ros.training.views import draw_view
from rex_thinker_ros.training.vocabulary import CATEGORIES

NO_NAMES = (*FIXED_IDS.values(),)
BACKBONE_SHARE = 0.2  # of the learning rate

Batch = tuple[dict[str, torch.Tensor], list[Targets]]


class BatchMaker:
    """Draws images of one shape, prompts for them and what is to be found."""

    def __init__(self, scenes: Sequence[StoredScene], images: int, seed: int, size: Size) -> None:
        self.rng = np.random.default_rng(seed)
        self.images = images
        self.tokenizer = build_tokenizer()
        self.processor = image_processor(size)
        self.scenes = scenes
        self.dense = False  # ask for everything at once, as long as only proposals are trained

    def make(self) -> Batch:
        """Return the model's inputs and the targets of a batch."""
        scenes = [self.scenes[i] for i in self.rng.integers(0, len(self.scenes), self.images)]
        prompts = [self._prompt(scene) for scene in scenes]
        text = self.tokenizer(
            [f"{'. '.join(words)}." for words in prompts], padding=True, return_tensors="pt"
        )
        views = [draw_view(scene, self.rng) for scene in scenes]
        pictures = [Image.fromarray(view.image) for view in views]
        pixels = self.processor(images=pictures, return_tensors="pt")
        pixels["pixel_values"] = pixels["pixel_values"].to(memory_format=torch.channels_last)
        inputs = {**text, **pixels}
        targets = [
            self._targets(scene, view.corners, words, ids)
            for scene, view, words, ids in zip(
                scenes, views, prompts, text["input_ids"], strict=True
            )
        ]
        return inputs, targets

    def _prompt(self, scene: StoredScene) -> list[str]:
        """Ask for one thing mostly, as the node does; now and then for several or for others."""
        if self.dense:
            return [str(word) for word in self.rng.permutation(CATEGORIES)]
        present = sorted({item.category for item in scene.objects})
        roll = self.rng.random()
        if roll < 0.10:
            return [str(self.rng.choice([*OTHER_NOUNS, "gizmo"]))]  # the last is unknown to it
        if roll < 0.50:
            pool = present if self.rng.random() < 0.65 else CATEGORIES
            return [str(self.rng.choice(pool))]
        some = self.rng.choice(CATEGORIES, int(self.rng.integers(2, 5)), replace=False)
        return [str(word) for word in some]

    def _targets(
        self, scene: StoredScene, corners: torch.Tensor, words: list[str], ids: torch.Tensor
    ) -> Targets:
        asked = torch.tensor([item.category in words for item in scene.objects], dtype=torch.bool)
        boxes = corners_to_center_format(corners)[asked]
        named = [item.category for item in scene.objects if item.category in words]
        numbers = torch.tensor([self.tokenizer.convert_tokens_to_ids(name) for name in named])
        names = torch.tensor([int(token) not in NO_NAMES for token in ids])
        return Targets(boxes, (ids == numbers[:, None]).float(), names)


def train(
    scenes: Sequence[StoredScene],
    folder: Path,
    sight: Sight,
    *,
    minutes: float,
    dense_share: float,
    rate: float,
    images: int,
    resume: Path | None,
    backbone: Path | None,
    bfloat16: bool = False,
) -> None:
    """Train for some minutes of wall time and write the checkpoint now and then.

    For the first `dense_share` of the time only the backbone and the encoder's proposals learn.
    """
    torch.manual_seed(0)
    model = build_detector(sight.queries).train()
    if resume is not None:
        model.load_state_dict(_weights_of(resume, model.config.num_queries))
    if backbone is not None:
        parts = torch.load(backbone, weights_only=True)
        ours = {name.removeprefix("backbone."): tensor for name, tensor in parts.items()
                if name.startswith("backbone.")}  # fmt: skip
        model.model.backbone.conv_encoder.model.load_state_dict(ours)
    model.model.backbone.requires_grad_(True)  # the stock class freezes all of a ResNet
    model.model.backbone.to(memory_format=torch.channels_last)  # faster on a CPU
    optimizer = torch.optim.AdamW(_groups(model), weight_decay=1e-4, fused=True)
    maker = BatchMaker(scenes, images, 0 if resume is None else int(time.time()), sight.size)
    maker.dense = dense_share > 0
    course = Course(optimizer, minutes=minutes, rate=rate, warm_up=200)
    average = averaged(model)
    for inputs, targets in course.each(made_ahead(maker.make)):
        maker.dense = course.part < dense_share
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            losses = detector_loss(model, inputs, targets, proposals_only=maker.dense)
        course.learn(torch.stack(list(losses.values())).sum())
        average.update_parameters(model)
        course.note(losses)
        if course.count % 500 == 0:
            _save(average.module, folder, sight.size)
    _save(average.module, folder, sight.size)


def _weights_of(start: Path, queries: int) -> dict[str, torch.Tensor]:
    """Return the weights of a state.pt or a checkpoint directory, with at least so many queries.

    Further queries begin as the mean of the later half: the first ones belong to sure proposals.
    """
    if start.is_dir():
        stock = GroundingDinoForObjectDetection.from_pretrained(start, dtype=torch.float32)
        weights: dict[str, torch.Tensor] = stock.state_dict()
    else:
        weights = torch.load(start, weights_only=True)
    name = "model.query_position_embeddings.weight"
    rows = weights[name]
    missing = max(0, queries - len(rows))
    weights[name] = torch.cat([rows, rows[len(rows) // 2 :].mean(0).expand(missing, -1)])
    return weights


def _groups(model: torch.nn.Module) -> list[dict[str, Any]]:
    """Return the parameters, the backbone's at a fraction of the rate: it has learned already."""
    named = list(model.named_parameters())
    return [
        {"params": [p for n, p in named if ("backbone" in n) == inside], "share": share}
        for inside, share in ((True, BACKBONE_SHARE), (False, 1.0))
    ]


def _save(model: torch.nn.Module, folder: Path, size: Size) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_detector(model, folder / "detector", size)
    torch.save(model.state_dict(), folder / "state.pt")


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of rendered training worlds")
    parser.add_argument("folder", type=Path, help="where checkpoints go")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--dense-share", type=float, default=0.2, help="of the time, 0 to 1")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--images", type=int, default=8, help="batch size")
    parser.add_argument("--resume", type=Path, help="state.pt or checkpoint to go on from")
    parser.add_argument("--backbone", type=Path, help="backbone.pt of train_backbone")
    parser.add_argument("--fine", action="store_true", help=FINE_HELP)
    parser.add_argument("--bfloat16", action="store_true", help=BFLOAT16)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    scenes = [scene for world in read_worlds(args.scenes) for scene in world]
    train(
        scenes, args.folder, FINE if args.fine else COARSE, minutes=args.minutes,
        dense_share=args.dense_share, rate=args.rate, images=args.images, resume=args.resume,
        backbone=args.backbone, bfloat16=args.bfloat16,
    )  # fmt: skip


if __name__ == "__main__":
    main()
