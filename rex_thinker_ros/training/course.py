"""A stretch of training by the clock: learning rate, steps, what the log says."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from rex_thinker_ros.training.schedule import level_then_cosine

T = TypeVar("T")

LOG_EVERY = 100  # steps
AVERAGE_DECAY = 0.998  # per step: what is saved is about the mean of the last five hundred
BFLOAT16 = "multiply in bfloat16: twice as fast on a CPU with AVX-512 BF16, slower on others"


def averaged(model: torch.nn.Module) -> AveragedModel:
    """Return what follows a model's weights at every step; small batches make them jitter."""
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY))


class Course:
    """Trains for `minutes` of wall time with an optimizer whose groups may have a rate `share`.

    The rate rises over `warm_up` steps to `rate`, stays there up to `level` (a part of the time)
    and falls to `end` of it.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, *, minutes: float, rate: float, level: float = 0.4,
        end: float = 0.02, warm_up: int = 100, clip: float = 1.0, name: str = "",
    ) -> None:  # fmt: skip
        self.optimizer, self.minutes, self.rate = optimizer, minutes, rate
        self.level, self.end, self.warm_up, self.clip = level, end, warm_up, clip
        self.name = name
        self.count = 0  # steps begun
        self.part = 0.0  # of the time, 0 to 1
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._counts: Counter[str] = Counter()

    def each(self, batches: Iterable[T]) -> Iterator[T]:
        """Yield batches with the rate set for each until the time is over, and keep the log."""
        start = time.monotonic()
        for batch in batches:
            self.part = (time.monotonic() - start) / 60 / self.minutes
            if self.part >= 1:
                return
            self.count += 1
            fall = level_then_cosine(self.part, level=self.level, end=self.end)
            for group in self.optimizer.param_groups:
                rise = min(1, self.count / self.warm_up)
                group["lr"] = self.rate * group.get("share", 1.0) * rise * fall
            yield batch
            if self.count % LOG_EVERY == 0:
                self._print()

    def learn(self, loss: torch.Tensor) -> None:
        """Take a step down the loss; a gradient that is not finite is passed over."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        if torch.isfinite(torch.nn.utils.clip_grad_norm_(parameters, self.clip)):
            self.optimizer.step()

    def note(self, losses: Mapping[str, torch.Tensor], prefix: str = "") -> None:
        """Remember losses for the log, which has the means of what was noted under each name."""
        for name, value in losses.items():
            self._sums[prefix + name] += float(value.detach())
            self._counts[prefix + name] += 1

    def _print(self) -> None:
        means = " ".join(f"{k} {v / self._counts[k]:.3f}" for k, v in sorted(self._sums.items()))
        minutes = self.part * self.minutes
        print(f"{self.name} {self.count} {minutes:.1f}min {means}".strip(), flush=True)
        self._sums.clear()
        self._counts.clear()
