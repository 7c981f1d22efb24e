"""Group relative policy optimisation on completions that the policy draws itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import mean

import numpy as np
import torch

from rex_thinker_ros.training.fine_tuning.completions import Turn, mask_of
from rex_thinker_ros.training.fine_tuning.learner import Learner
from rex_thinker_ros.training.fine_tuning.order import chosen
from rex_thinker_ros.training.fine_tuning.policy import Drawn, Policy
from rex_thinker_ros.training.fine_tuning.referring_set import Labelled, ReferringSet
from rex_thinker_ros.training.fine_tuning.settings import GrpoSettings
from rex_thinker_ros.training.fine_tuning.sft_stage import Teach
from rex_thinker_ros.training.grpo_loss import GrpoLoss, advantages, grpo_loss
from rex_thinker_ros.training.reward import Reward, reward


@dataclass(frozen=True, slots=True)
class Group:
    """The completions of one prompt, what each is worth, and how far that is from their mean."""

    turn: Turn
    drawn: tuple[Drawn, ...]
    rewards: tuple[Reward, ...]
    pull: torch.Tensor


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a group that are computed at once, with their log-probabilities beforehand."""

    turn: Turn
    ids: tuple[torch.Tensor, ...]
    pull: torch.Tensor
    mask: torch.Tensor
    before: torch.Tensor
    reference: torch.Tensor


class GrpoStage:
    """Draws `samples` completions of each of `prompts` prompts, then learns in `updates` steps."""

    name = "grpo"

    def __init__(
        self, settings: GrpoSettings, lessons: ReferringSet, teach: Teach, *, seed: int, rows: int
    ) -> None:
        self.settings, self.steps = settings, settings.steps
        self.reference = settings.kl_weight > 0
        self._items: Sequence[Labelled] = lessons.expressions
        self._teach, self._seed, self._rows = teach, seed, rows

    def step(self, policy: Policy, learner: Learner, step: int) -> dict[str, float]:
        """Draw, judge and learn; return what the curves show."""
        prompts = chosen(step, self.settings.prompts, len(self._items), self._seed)
        groups = [self._group(policy, self._items[index]) for index in prompts]
        told = [group for group in groups if group.pull.any()]
        losses: list[GrpoLoss] = []
        # a share of the groups for each update, all of them before the first
        parts = [self._parts(policy, group) for group in told]
        for share in np.array_split(np.arange(len(parts)), self.settings.updates):
            some = [part for index in share for part in parts[int(index)]]
            if some:
                losses += self._update(policy, learner, some, step)
        return _figures(groups, losses)

    def _group(self, policy: Policy, item: Labelled) -> Group:
        lesson = self._teach(item)
        turn = policy.turn(lesson)
        drawn = policy.draw(
            turn, self.settings.samples, temperature=self.settings.temperature,
            max_new_tokens=self.settings.max_new_tokens,
        )  # fmt: skip
        rewards = [reward(d.text, lesson.truth, complete=d.complete) for d in drawn]
        totals = torch.tensor([[r.total(self.settings.weights) for r in rewards]])
        pull = advantages(totals)[0].to(turn.pixels.device)
        return Group(turn, tuple(drawn), tuple(rewards), pull)

    def _parts(self, policy: Policy, group: Group) -> list[Part]:
        parts = []
        for first in range(0, len(group.drawn), self._rows):
            ids = tuple(drawn.ids for drawn in group.drawn[first : first + self._rows])
            temperature = self.settings.temperature
            with torch.no_grad():
                before = policy.log_probs(group.turn, ids, temperature)
            reference = before
            if self.reference:
                reference = policy.reference_log_probs(group.turn, ids, temperature)
            pull = group.pull[first : first + self._rows]
            parts.append(Part(group.turn, ids, pull, mask_of(ids), before, reference))
        return parts

    def _update(
        self, policy: Policy, learner: Learner, parts: Sequence[Part], step: int
    ) -> list[GrpoLoss]:
        tokens = sum(int(part.mask.sum()) for part in parts)
        learner.begin()
        losses = []
        for part in parts:
            loss = grpo_loss(
                policy.log_probs(part.turn, part.ids, self.settings.temperature),
                drawn=part.before, reference=part.reference, advantage=part.pull, mask=part.mask,
                clip=self.settings.clip, kl_weight=self.settings.kl_weight,
            )  # fmt: skip
            (loss.loss * (int(part.mask.sum()) / tokens)).backward()
            losses.append(GrpoLoss(loss.loss.detach(), loss.kl, loss.clipped))
        learner.learn(step)
        return losses


def _figures(groups: Sequence[Group], losses: Sequence[GrpoLoss]) -> dict[str, float]:
    """Return means: the reward's parts, length, share of groups that told something, distance."""
    rewards = [reward for group in groups for reward in group.rewards]
    figures = {part.name: mean(getattr(r, part.name) for r in rewards) for part in fields(Reward)}
    figures["length"] = mean(float(len(drawn.ids)) for group in groups for drawn in group.drawn)
    figures["told"] = mean(float(group.pull.any()) for group in groups)
    if losses:
        figures["kl"] = mean(float(loss.kl) for loss in losses)
        figures["clipped"] = mean(float(loss.clipped) for loss in losses)
    return figures
