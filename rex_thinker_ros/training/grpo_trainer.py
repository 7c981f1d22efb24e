"""Group relative policy optimisation (GRPO) of the embedded reasoner."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.training.drawn_log_probs import log_probs
from rex_thinker_ros.training.greedy_check import GreedyCheck
from rex_thinker_ros.training.grpo_loss import GrpoLoss, advantages, grpo_loss
from rex_thinker_ros.training.grpo_settings import Settings
from rex_thinker_ros.training.reasoner_model import save_reasoner
from rex_thinker_ros.training.reward import Reward
from rex_thinker_ros.training.rollouts import KIND_SETS, Roller, Rollout
from rex_thinker_ros.training.sampling import Samples
from rex_thinker_ros.training.schedule import level_then_cosine
from rex_thinker_ros.training.store import StoredScene
from rex_thinker_ros.training.tokenizer import build_tokenizer

CURVES = "curves.jsonl"
GROUPS = 2  # that are learned from in one pass, to bound the memory


class GrpoTrainer:
    """Draws completions, judges them, and learns from groups whose rewards differ.

    Goes on from `folder`/state.pt where there is one; `start` is a checkpoint directory, and the
    reference that the policy is held to.
    """

    def __init__(
        self, scenes: Sequence[StoredScene], folder: Path, start: Path, settings: Settings,
        check: GreedyCheck | None = None,
    ) -> None:  # fmt: skip
        self.scenes, self.folder, self.settings, self.check = scenes, folder, settings, check
        self.tokenizer = build_tokenizer()
        load = Qwen2_5_VLForConditionalGeneration.from_pretrained
        self.model = load(start, dtype=torch.float32).eval()
        self.reference = load(start, dtype=torch.float32).eval().requires_grad_(False)
        self.model.model.visual.requires_grad_(settings.train_tower)
        learning = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            learning, lr=settings.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True
        )
        self.roller = Roller(
            self.tokenizer, each=settings.samples, temperature=settings.temperature,
            max_new_tokens=settings.max_new_tokens,
        )  # fmt: skip
        self.rng = np.random.default_rng(settings.seed)
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.steps, self.seconds = 0, 0.0
        self.checked: int | None = None  # the step before which answers were measured last
        self.curves: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "state.pt").exists():
            self._resume(torch.load(folder / "state.pt", weights_only=True))

    def run(self, minutes: float) -> None:
        """Train until `minutes` of training time, earlier runs included, are spent."""
        began = time.monotonic() - self.seconds
        while self.seconds < minutes * 60:
            if self.steps % self.settings.check_every == 0:
                self._measure_and_save()
            self._set_rate(self.seconds / 60 / minutes)
            self._write(self.step())
            self.steps += 1
            self.seconds = time.monotonic() - began
        self._measure_and_save()

    def _measure_and_save(self) -> None:
        if self.check and self.checked != self.steps:
            self.checked = self.steps
            self._write(self.check.figures(self.model, self.roller))
        self.save()

    def step(self) -> dict[str, float]:
        """Draw completions for some scenes and learn from them; return what the curves show."""
        chosen = self.rng.integers(0, len(self.scenes), self.settings.images)
        rollouts = [self._roll(self.scenes[int(index)]) for index in chosen]
        pulls = [self.pull(rollout) for rollout in rollouts]
        told = [(r, pull) for r, pull in zip(rollouts, pulls, strict=True) if pull.any()]
        losses: list[GrpoLoss] = []
        for part in np.array_split(np.arange(len(told)), self.settings.updates):
            if len(part):
                losses += self._update([told[int(index)] for index in part])
        return _figures(rollouts, pulls, losses)

    def _roll(self, scene: StoredScene) -> Rollout:
        kinds = KIND_SETS[self.settings.kinds]
        asked = self.roller.ask(scene, self.settings.questions, self.rng, kinds)
        return self.roller.roll(self.model, asked, self.generator)

    def pull(self, rollout: Rollout) -> torch.Tensor:
        """Return each row's advantage within its question's group."""
        totals = [reward.total(self.settings.weights) for reward in rollout.rewards]
        groups = torch.tensor(totals).view(-1, self.settings.samples)
        return advantages(groups).flatten()

    def _update(self, told: Sequence[tuple[Rollout, torch.Tensor]]) -> list[GrpoLoss]:
        """Take one step of the optimizer on the groups whose rewards differ."""
        parts = [
            (rollout, index, pull[index])
            for rollout, pull in told
            for index in self._differing(rollout.samples, pull)
        ]
        tokens = [int(rollout.samples.rows(index).drawn().sum()) for rollout, index, _ in parts]
        self.optimizer.zero_grad(set_to_none=True)
        losses = []
        for (rollout, index, pull), count in zip(parts, tokens, strict=True):
            loss = self._loss(rollout, index, pull)
            (loss.loss * (count / sum(tokens))).backward()
            losses.append(loss)
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        if torch.isfinite(torch.nn.utils.clip_grad_norm_(parameters, 1.0)):
            self.optimizer.step()
        return losses

    def _differing(self, samples: Samples, pull: torch.Tensor) -> list[torch.Tensor]:
        """Return the rows of groups whose rewards differ, groups of about the same length together.

        A few at a time: less padding, and less memory.
        """
        each = self.settings.samples
        longest = samples.ends.view(-1, each).amax(1)
        told = pull.view(-1, each).any(1).nonzero()[:, 0]
        told = told[longest[told].argsort()]
        rows = told[:, None] * each + torch.arange(each)
        return [part.flatten() for part in rows.split(GROUPS)]

    def _loss(self, rollout: Rollout, index: torch.Tensor, pull: torch.Tensor) -> GrpoLoss:
        samples, turn = rollout.samples.rows(index), rollout.turn
        with torch.no_grad():
            same_eye = turn if not self.settings.train_tower else self.roller.turn(
                self.reference, rollout.asked
            )  # fmt: skip
            reference = log_probs(self.reference, same_eye, samples, self.settings.temperature)
        if self.settings.train_tower:
            turn = self.roller.turn(self.model, rollout.asked)
        return grpo_loss(
            log_probs(self.model, turn, samples, self.settings.temperature),
            drawn=samples.log_probs, reference=reference, advantage=pull, mask=samples.drawn(),
            clip=self.settings.clip, kl_weight=self.settings.kl_weight,
        )  # fmt: skip

    def _set_rate(self, part: float) -> None:
        rise = min(1, (self.steps + 1) / 10)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * rise * level_then_cosine(part, level=0.5, end=0.1)

    def _write(self, figures: dict[str, float]) -> None:
        line = {"step": self.steps, "minutes": round(self.seconds / 60, 2), **figures}
        self.curves.append(json.dumps(line) + "\n")
        (self.folder / CURVES).write_text("".join(self.curves))
        print(" ".join(f"{name} {value:.4g}" for name, value in line.items()), flush=True)

    def save(self) -> None:
        """Write the stock checkpoint and the state to go on from."""
        save_reasoner(self.model, self.tokenizer, self.folder / "reasoner")
        state = {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "steps": self.steps, "seconds": self.seconds, "rng": self.rng.bit_generator.state,
            "generator": self.generator.get_state(), "settings": asdict(self.settings),
            "checked": self.checked, "curves": self.curves,
        }  # fmt: skip
        partial = self.folder / "state.partial"
        torch.save(state, partial)
        partial.rename(self.folder / "state.pt")

    def _resume(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.seconds = state["steps"], state["seconds"]
        self.checked, self.curves = state["checked"], state["curves"]
        (self.folder / CURVES).write_text("".join(self.curves))  # steps since then are repeated
        self.rng.bit_generator.state = state["rng"]
        self.generator.set_state(state["generator"])


def _figures(
    rollouts: Sequence[Rollout], pulls: Sequence[torch.Tensor], losses: Sequence[GrpoLoss]
) -> dict[str, float]:
    rewards = [reward for rollout in rollouts for reward in rollout.rewards]
    lengths = torch.cat([r.samples.ends - r.samples.starts for r in rollouts]).float()
    figures = {part.name: mean(getattr(r, part.name) for r in rewards) for part in fields(Reward)}
    figures["length"] = float(lengths.mean())
    figures["told"] = float(torch.cat(list(pulls)).ne(0).float().mean())
    if losses:
        figures["kl"] = mean(float(loss.kl) for loss in losses)
        figures["clipped"] = mean(float(loss.clipped) for loss in losses)
    return figures
