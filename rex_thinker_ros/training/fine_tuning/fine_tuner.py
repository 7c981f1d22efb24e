"""A run: its stages one after the other, from where it was left."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch

from rex_thinker_ros.training.fine_tuning.grpo_stage import GrpoStage
from rex_thinker_ros.training.fine_tuning.held_out import measure
from rex_thinker_ros.training.fine_tuning.learner import Learner
from rex_thinker_ros.training.fine_tuning.lesson import make_lesson
from rex_thinker_ros.training.fine_tuning.policy import Policy
from rex_thinker_ros.training.fine_tuning.progress import Progress, restore_random
from rex_thinker_ros.training.fine_tuning.read_set import Split
from rex_thinker_ros.training.fine_tuning.settings import Settings
from rex_thinker_ros.training.fine_tuning.sft_stage import SftStage
from rex_thinker_ros.user_error import UserError

Stage = SftStage | GrpoStage
DONE = "done"


class FineTuner:
    """Runs the stages that have steps; the first needs reasoning to learn from.

    Each starts from the checkpoint that the one before it wrote.
    """

    def __init__(self, settings: Settings, split: Split, *, resume: bool) -> None:
        """Take up the run in the output folder, or begin one; UserError if that does not fit."""
        self._settings, self._split = settings, split
        self._folder = Path(settings.output)
        self._teach = partial(
            make_lesson, images=split.training.images, bounds=settings.model.bounds,
            label=settings.data.label,
        )  # fmt: skip
        self.stages = self._planned()
        if not self.stages:
            raise UserError(
                f"{settings.data.annotations} has no reasoning (think) to learn from, and "
                "grpo.steps is 0"
            )
        self._progress = Progress(self._folder, asdict(settings), resume=resume)

    def _planned(self) -> list[Stage]:
        settings, split = self._settings, self._split
        stages: list[Stage] = []
        if settings.sft.steps and split.reasoned.expressions:
            stages.append(SftStage(settings.sft, split.reasoned, self._teach, seed=settings.seed))
        if settings.grpo.steps:
            rows, seed = settings.model.rows, settings.seed + 1
            stages.append(
                GrpoStage(settings.grpo, split.training, self._teach, seed=seed, rows=rows)
            )
        return stages

    def run(self) -> Path:
        """Run what is left; return the folder of the last checkpoint."""
        state = self._progress.state
        start = Path(self._settings.model.checkpoint)
        names = [stage.name for stage in self.stages]
        at = names.index(state["stage"]) if state and state["stage"] in names else 0
        if state and state["stage"] == DONE:
            at = len(names)
        for number, stage in enumerate(self.stages):
            if number >= at:
                following = names[number + 1] if stage is not self.stages[-1] else DONE
                self._run_stage(stage, start, following, first=number == 0)
            start = self._folder / stage.name
        return start

    def _run_stage(self, stage: Stage, start: Path, following: str, *, first: bool) -> None:
        torch.manual_seed(self._settings.seed)
        policy = Policy(start, self._settings, reference=stage.reference)
        learner = Learner(
            policy, rate=stage.settings.rate, warmup=stage.settings.warmup, steps=stage.steps,
            weight_decay=stage.settings.weight_decay,
        )  # fmt: skip
        done = self._restored(stage, learner)
        if first and not done:
            self._measure(policy, stage, 0)
        for step in range(done, stage.steps):
            self._progress.tell(stage.name, step, stage.step(policy, learner, step))
            if (step + 1) % self._settings.save_every == 0:
                self._progress.save(stage.name, step + 1, learner.state())
        self._measure(policy, stage, stage.steps)
        policy.write(self._folder / stage.name, merge=following != DONE)
        self._progress.save(following, 0, None)

    def _restored(self, stage: Stage, learner: Learner) -> int:
        """Return how many steps of the stage are done, with what they led to."""
        state = self._progress.state
        if state is None or state["stage"] != stage.name or state["learned"] is None:
            return 0
        learner.restore(state["learned"])
        restore_random(state)
        return int(state["step"])

    def _measure(self, policy: Policy, stage: Stage, step: int) -> None:
        if self._split.held_out.expressions:
            budget = self._settings.grpo.max_new_tokens
            figures = measure(policy, self._split.held_out, self._teach, max_new_tokens=budget)
            self._progress.tell(stage.name, step, figures)
