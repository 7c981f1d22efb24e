"""Group relative policy optimisation: advantages, the clipped ratio, the distance to a reference.

Shapes: rewards (groups, samples); log-probabilities (rows, tokens) of the tokens that were drawn,
and a mask of the same shape that is true where a token was drawn by the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

LEAST_SPREAD = 1e-4  # of rewards: below it, a group tells nothing


@dataclass(frozen=True)
class GrpoLoss:
    """The loss to descend, and two means over tokens: KL estimate, share that was clipped."""

    loss: torch.Tensor
    kl: torch.Tensor
    clipped: torch.Tensor


def advantages(rewards: torch.Tensor) -> torch.Tensor:
    """Return (groups, samples): how far each reward lies from its group's mean, in deviations.

    0 throughout a group without spread.
    """
    spread = rewards.std(1, correction=0, keepdim=True)
    centred = rewards - rewards.mean(1, keepdim=True)
    return torch.where(spread < LEAST_SPREAD, 0.0, centred / spread.clamp(min=LEAST_SPREAD))


def low_variance_kl(log_probs: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Estimate KL(policy, reference) for each token: r - 1 - log r with r = reference / policy.

    Never negative, and right on average for tokens drawn from the policy.
    """
    log_ratio = reference - log_probs
    return torch.expm1(log_ratio) - log_ratio


def grpo_loss(
    log_probs: torch.Tensor, *, drawn: torch.Tensor, reference: torch.Tensor,
    advantage: torch.Tensor, mask: torch.Tensor, clip: float, kl_weight: float,
) -> GrpoLoss:  # fmt: skip
    """Return the loss, a mean over all tokens of the mask.

    `drawn` are the log-probabilities of the policy when it drew the tokens; `advantage` (rows,).
    A ratio beyond 1 +- `clip` is not pushed farther.
    """
    ratio = torch.exp(log_probs - drawn)
    pull = advantage[:, None]
    gain = torch.minimum(ratio * pull, ratio.clamp(1 - clip, 1 + clip) * pull)
    kl = low_variance_kl(log_probs, reference)
    outside = torch.where(pull > 0, ratio > 1 + clip, ratio < 1 - clip) & (pull != 0)
    return GrpoLoss(
        loss=_mean(kl_weight * kl - gain, mask),
        kl=_mean(kl, mask).detach(),
        clipped=_mean(outside.float(), mask),
    )


def _mean(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.where(mask, values, 0.0).sum() / mask.sum().clamp(min=1)
