"""Train the detector's backbone alone: `python -m rex_thinker_ros.training.train_backbone --help`.

A Grounding DINO freezes its backbone's batch statistics, so these are learned before: every cell
of the two feature maps says what stands there and where its edges are.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional
from transformers import AutoBackbone, GroundingDinoForObjectDetection
from transformers.image_transforms import corners_to_center_format
from transformers.loss.loss_for_object_detection import generalized_box_iou

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.ahead import made_ahead
from rex_thinker_ros.training.course import BFLOAT16, Course
from rex_thinker_ros.training.detector_losses import STRIDES, dense_goals, proposal_centers
from rex_thinker_ros.training.detector_model import (
    COARSE,
    FINE,
    FINE_HELP,
    backbone_config,
    image_processor,
)
from rex_thinker_ros.training.store import StoredScene, read_worlds
from rex_thinker_ros.training.views import draw_view
from rex_thinker_ros.training.vocabulary import CATEGORIES

IGNORE = -100
NOTHING = len(CATEGORIES)


@dataclass(frozen=True)
class Cells:
    """A batch: normalised pixels, and for every cell of an image its category (NOTHING where
    there is none, IGNORE at the rim of an object) and the box (x0, y0, x1, y1) in parts of the
    image's sides."""

    pixels: torch.Tensor
    categories: torch.Tensor
    boxes: torch.Tensor


class CellMaker:
    """Draws images, half of them mirrored, and labels their cells."""

    def __init__(
        self, scenes: Sequence[StoredScene], images: int, seed: int, size: Size = COARSE.size
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.images, self.scenes = images, scenes
        self.processor = image_processor(size)
        self.centers = proposal_centers(size.height, size.width)

    def make(self) -> Cells:
        """Return the next batch."""
        drawn = [self.scenes[i] for i in self.rng.integers(0, len(self.scenes), self.images)]
        views = [draw_view(scene, self.rng) for scene in drawn]
        pictures = [Image.fromarray(view.image) for view in views]
        pixels = self.processor(images=pictures, return_tensors="pt")["pixel_values"]
        labels = [self._label(s, v.corners) for s, v in zip(drawn, views, strict=True)]
        return Cells(
            pixels.to(memory_format=torch.channels_last),
            torch.stack([categories for categories, _ in labels]),
            torch.stack([boxes for _, boxes in labels]),
        )

    def _label(
        self, scene: StoredScene, corners: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        owner, ignored = dense_goals(self.centers, corners_to_center_format(corners))
        names = torch.tensor([CATEGORIES.index(item.category) for item in scene.objects])
        categories = torch.full_like(owner, NOTHING)
        categories[ignored] = IGNORE
        categories[owner >= 0] = names[owner[owner >= 0]]
        return categories, corners[owner.clamp(min=0)]


class CellHeads(nn.Module):
    """Say for each cell of each feature map what is there and where its edges are."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Conv2d(c, NOTHING + 1 + 4, 1) for c in channels)

    def forward(self, maps: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return category logits (n, cells, 7) and distances to the edges in strides (.., 4)."""
        rows = torch.cat(
            [head(m).flatten(2).mT for head, m in zip(self.heads, maps, strict=True)], 1
        )
        return rows[..., : NOTHING + 1], rows[..., NOTHING + 1 :].exp()


def backbone_loss(
    backbone: nn.Module, heads: CellHeads, batch: Cells, centers: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Return the losses of names, of empty cells and of boxes, and the share of names right."""
    logits, edges = (rows.float() for rows in heads(backbone(batch.pixels).feature_maps))
    here = (batch.categories >= 0) & (batch.categories != NOTHING)
    empty = batch.categories == NOTHING
    height, width = batch.pixels.shape[2:]
    strides = torch.cat([torch.full(((height // s) * (width // s),), float(s)) for s in STRIDES])
    sides = torch.tensor([width, height])
    step = strides[:, None] / sides
    signed = torch.cat([-edges[..., :2] * step, edges[..., 2:] * step], -1)
    boxes = centers.repeat(1, 2) + signed
    names = batch.categories[here]
    overlap = generalized_box_iou(boxes[here], batch.boxes[here]).diag()
    return {
        "name": functional.cross_entropy(logits[here], names),
        "empty": functional.cross_entropy(logits[empty], batch.categories[empty]),
        "box": (1 - overlap).mean(),
        "right": (logits[here].argmax(-1) == names).float().mean().detach(),
    }


def train(
    scenes: Sequence[StoredScene], folder: Path, size: Size, *, minutes: float, rate: float,
    images: int, resume: Path | None, bfloat16: bool = False,
) -> None:  # fmt: skip
    """Train for some minutes of wall time and write `backbone.pt` now and then.

    `resume`: a `backbone.pt`, or a detector's checkpoint directory, which has no cell heads.
    """
    torch.manual_seed(0)
    backbone = AutoBackbone.from_config(backbone_config()).train()
    heads = CellHeads(backbone.channels)
    parts = nn.ModuleDict({"backbone": backbone, "heads": heads})
    parts.to(memory_format=torch.channels_last)
    if resume is not None and resume.is_dir():
        detector = GroundingDinoForObjectDetection.from_pretrained(resume, dtype=torch.float32)
        learned = detector.model.backbone.conv_encoder.model.state_dict()
        backbone.load_state_dict(learned, strict=False)  # frozen statistics count no batches
    elif resume is not None:
        parts.load_state_dict(torch.load(resume, weights_only=True))
    optimizer = torch.optim.AdamW(parts.parameters(), lr=rate, weight_decay=1e-3, fused=True)
    maker = CellMaker(scenes, images, 0 if resume is None else int(time.time()), size)
    folder.mkdir(parents=True, exist_ok=True)
    course = Course(optimizer, minutes=minutes, rate=rate, level=0.3, clip=5.0)
    for batch in course.each(made_ahead(maker.make)):
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            losses = backbone_loss(backbone, heads, batch, maker.centers)
        course.learn(losses["name"] + losses["empty"] + losses["box"])
        course.note(losses)
        if course.count % 500 == 0:
            torch.save(parts.state_dict(), folder / "backbone.pt")
    torch.save(parts.state_dict(), folder / "backbone.pt")


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of rendered training worlds")
    parser.add_argument("folder", type=Path, help="where backbone.pt goes")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--images", type=int, default=16, help="batch size")
    parser.add_argument("--resume", type=Path, help="backbone.pt or detector to go on from")
    parser.add_argument("--fine", action="store_true", help=FINE_HELP)
    parser.add_argument("--bfloat16", action="store_true", help=BFLOAT16)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    scenes = [scene for world in read_worlds(args.scenes) for scene in world]
    look = FINE if args.fine else COARSE
    train(
        scenes, args.folder, look.size, minutes=args.minutes, rate=args.rate, images=args.images,
        resume=args.resume, bfloat16=args.bfloat16,
    )  # fmt: skip


if __name__ == "__main__":
    main()
