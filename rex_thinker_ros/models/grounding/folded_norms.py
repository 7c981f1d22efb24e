"""Convolutions of a backbone that do the work of the normalisation after them."""

from __future__ import annotations

import torch
from transformers.models.grounding_dino.modeling_grounding_dino import (
    GroundingDinoFrozenBatchNorm2d,
)

_EPSILON = 1e-5  # the library's, inside of its normalisation


def fold_norms(backbone: torch.nn.Module) -> None:
    """Scale and shift in each convolution, where a frozen batch normalisation follows it.

    The results are the same but for rounding. A backbone without such pairs stays as it is.
    """
    for block in backbone.modules():
        convolution = getattr(block, "convolution", None)
        norm = getattr(block, "normalization", None)
        if isinstance(convolution, torch.nn.Conv2d) and isinstance(
            norm, GroundingDinoFrozenBatchNorm2d
        ):
            _fold(convolution, norm)
            block.normalization = torch.nn.Identity()


def _fold(convolution: torch.nn.Conv2d, norm: GroundingDinoFrozenBatchNorm2d) -> None:
    scale = norm.weight * (norm.running_var + _EPSILON).rsqrt()
    shift = norm.bias - norm.running_mean * scale
    if convolution.bias is not None:
        shift = shift + convolution.bias.detach() * scale
    convolution.weight = torch.nn.Parameter(
        convolution.weight.detach() * scale[:, None, None, None], requires_grad=False
    )
    convolution.bias = torch.nn.Parameter(shift, requires_grad=False)
