"""One step of an optimizer on the weights of a policy that learn."""

from __future__ import annotations

from typing import Any

import torch

from rex_thinker_ros.training.fine_tuning.policy import Policy
from rex_thinker_ros.training.schedule import level_then_cosine

LONGEST = 1.0  # of a gradient


class Learner:
    """Holds the optimizer; the rate rises over `warmup` steps, and falls to a tenth at the end."""

    def __init__(
        self, policy: Policy, *, rate: float, warmup: int, steps: int, weight_decay: float
    ) -> None:
        self._weights = policy.learning()
        self._rate, self._warmup, self._steps = rate, warmup, steps
        self._optimizer = torch.optim.AdamW(
            self._weights.values(), lr=rate, betas=(0.9, 0.98), weight_decay=weight_decay
        )

    def begin(self) -> None:
        """Forget the gradients."""
        self._optimizer.zero_grad(set_to_none=True)

    def learn(self, step: int) -> float:
        """Follow the gradients at the step's rate; return how long they were.

        Gradients that are not finite teach nothing.
        """
        rise = min(1.0, (step + 1) / self._warmup)
        fall = level_then_cosine(step / self._steps, level=0.5, end=0.1)
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate * rise * fall
        length = torch.nn.utils.clip_grad_norm_(self._weights.values(), LONGEST)
        if torch.isfinite(length):
            self._optimizer.step()
        return float(length)

    def state(self) -> dict[str, Any]:
        """Return the weights that learn, and the optimizer's memory of them."""
        weights = {name: value.detach() for name, value in self._weights.items()}
        return {"weights": weights, "optimizer": self._optimizer.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what state returned."""
        with torch.no_grad():
            for name, value in self._weights.items():
                value.copy_(state["weights"][name])
        self._optimizer.load_state_dict(state["optimizer"])
