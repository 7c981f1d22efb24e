"""Train the embedded reasoner: `python -m rex_thinker_ros.training.train_reasoner --help`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.referring.prompt import SYSTEM_PROMPT
from rex_thinker_ros.training.batches import Batch, stream
from rex_thinker_ros.training.cells import IGNORE
from rex_thinker_ros.training.course import BFLOAT16, Course, averaged
from rex_thinker_ros.training.going_on import RESUME_HELP, go_on
from rex_thinker_ros.training.losses import (
    EARLY_LAYER,
    GUIDED_LAYERS,
    Guides,
    NextToken,
    guidance,
)
from rex_thinker_ros.training.reasoner_forward import see, think
from rex_thinker_ros.training.reasoner_model import build_reasoner, save_reasoner
from rex_thinker_ros.training.store import StoredScene, read_worlds
from rex_thinker_ros.training.tokenizer import build_tokenizer

BEFORE_IMAGE = f"<|im_start|>system\n{SYSTEM_PROMPT}<|im_end|>\n<|im_start|>user\n<|vision_start|>"
AFTER_IMAGE = "<|vision_end|>"
WEIGHTS = {
    "look": 0.3, "seek": 0.5, "sought": 0.5, "absent": 0.5, "copy": 0.15, "evidence": 0.1,
    "line": 0.1, "asked": 0.1, "place": 0.5, "extent": 0.1, "color": 0.3, "category": 0.3,
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """How long and on what to train: `minutes` of wall time, batch shape, peak learning rate.

    The model learns at `model_share` of the rate; at 0 only the guides do, which a checkpoint of
    the stock model lacks.
    """

    name: str
    minutes: float
    images: int
    questions: int
    rate: float
    with_image: bool
    text_share: float = 0.0  # of the steps drill text alone, which is cheaper
    model_share: float = 1.0


class Trainer:
    """Holds the model, its guides and the optimizer; runs stages and writes checkpoints.

    `hold_tower` leaves the vision tower as it is: the text's losses would blunt its names, and a
    step is a third cheaper.
    """

    def __init__(
        self, scenes: list[StoredScene], folder: Path, resume: Path | None, tower: Path | None,
        *, hold_tower: bool = False, bfloat16: bool = False,
    ) -> None:  # fmt: skip
        self.scenes, self.folder, self.bfloat16 = scenes, folder, bfloat16
        self.tokenizer = build_tokenizer()
        torch.manual_seed(0)
        self.model: Qwen2_5_VLForConditionalGeneration = build_reasoner(self.tokenizer)
        self.guides = Guides()
        if resume is not None:
            go_on(resume, self.model, self.guides)
        if tower is not None:
            state = torch.load(tower, weights_only=True)
            self.model.model.visual.load_state_dict(state["tower"])
            for name in ("color", "category"):
                getattr(self.guides, name).load_state_dict(state[name])
        self.model.model.visual.requires_grad_(not hold_tower)
        self.average = averaged(self.model)
        self.optimizer = torch.optim.AdamW(
            [{"params": list(part.parameters())} for part in (self.model, self.guides)],
            lr=1e-3,
            betas=(0.9, 0.98),
            weight_decay=0.01,
            fused=True,
        )
        encode = self.tokenizer
        self.prefix = tuple(
            torch.tensor(encode(text, add_special_tokens=False)["input_ids"])
            for text in (BEFORE_IMAGE, AFTER_IMAGE)
        )
        self.next_token = NextToken(self.tokenizer)
        self.steps = 0

    def run(self, stage: Stage) -> None:
        """Train for the stage's time; the rate rises, holds and falls to a twentieth."""
        batches = stream(
            self.scenes, stage.images, stage.questions, self.tokenizer, self.steps + 1,
            with_image=stage.with_image,
        )  # fmt: skip
        drills = stream(self.scenes, 4, 3, self.tokenizer, self.steps + 2, with_image=False)
        course = Course(
            self.optimizer, minutes=stage.minutes, rate=stage.rate, end=0.05, name=stage.name
        )
        self.optimizer.param_groups[0]["share"] = stage.model_share
        for drill, batch in course.each(_mixed(batches, drills, stage.text_share, self.steps)):
            with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
                losses = self.losses(batch)
            course.learn(sum_weighted(losses))
            self.average.update_parameters(self.model)
            course.note(losses, "text-" if drill else "")
            self.steps += 1
            if course.count % 250 == 0:
                self.save()
        self.save()

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return the loss of the next token and the auxiliary ones."""
        vision = None
        if batch.pixels is not None:
            grid = (batch.cells[0] * 2, batch.cells[1] * 2)
            vision = see(self.model, batch.pixels, grid)
        hidden = think(
            self.model, prefix_ids=self.prefix, vision=vision, cells=batch.cells, ids=batch.ids,
            early_layer=EARLY_LAYER, guided=GUIDED_LAYERS,
        )  # fmt: skip
        targets = batch.targets.flatten()
        graded = targets != IGNORE
        logits = self.model.lm_head(hidden.last.flatten(0, 1)[graded])
        losses = {
            "next": self.next_token(logits, targets[graded], batch.measured.flatten()[graded])
        }
        lengths = (len(self.prefix[0]), len(self.prefix[1]))
        losses.update(guidance(self.guides, batch, hidden, lengths))
        return losses

    def save(self) -> None:
        """Write the stock checkpoint and the state to resume from, both of the average."""
        self.folder.mkdir(parents=True, exist_ok=True)
        average = self.average.module
        save_reasoner(average, self.tokenizer, self.folder / "reasoner")
        state = {"model": average.state_dict(), "guides": self.guides.state_dict()}
        partial = self.folder / "state.partial"
        torch.save(state, partial)
        partial.rename(self.folder / "state.pt")


def sum_weighted(losses: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Return the one loss to learn from; what has no weight of its own counts once."""
    return torch.stack([WEIGHTS.get(name, 1.0) * loss for name, loss in losses.items()]).sum()


def _mixed(
    batches: Iterator[Batch], drills: Iterator[Batch], share: float, seed: int
) -> Iterator[tuple[bool, Batch]]:
    """Yield whether it is a drill, and the batch; a `share` of them are drills."""
    draw = np.random.default_rng(seed)
    while True:
        drill = bool(draw.random() < share)
        yield drill, next(drills if drill else batches)


def main() -> None:
    """Run the stages from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of rendered training worlds")
    parser.add_argument("folder", type=Path, help="where checkpoints go")
    parser.add_argument("--resume", type=Path, help=RESUME_HELP)
    parser.add_argument("--tower", type=Path, help="tower.pt of train_tower")
    parser.add_argument("--hold-tower", action="store_true", help="leave the tower as it is")
    parser.add_argument("--text-minutes", type=float, default=12)
    parser.add_argument("--joint-minutes", type=float, default=70)
    parser.add_argument("--text-share", type=float, default=0.35)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--bfloat16", action="store_true", help=BFLOAT16)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    scenes = [scene for world in read_worlds(args.scenes) for scene in world]
    print(f"{len(scenes)} scenes", flush=True)
    trainer = Trainer(
        scenes, args.folder, args.resume, args.tower, hold_tower=args.hold_tower,
        bfloat16=args.bfloat16,
    )  # fmt: skip
    without_guides = args.resume is not None and args.resume.is_dir()
    for stage in (
        Stage(
            "guides", 2.5 * without_guides, 2, 6, 5e-3, with_image=True, text_share=0.3,
            model_share=0,
        ),
        Stage("text", args.text_minutes, 4, 3, args.rate, with_image=False),
        Stage(
            "joint",
            args.joint_minutes,
            2,
            6,
            args.rate * 0.7,
            with_image=True,
            text_share=args.text_share,
        ),
    ):  # fmt: skip
        if stage.minutes > 0:
            trainer.run(stage)


if __name__ == "__main__":
    main()
