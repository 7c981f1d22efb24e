"""Folded normalisations: the same features from fewer passes over the pixels."""

from __future__ import annotations

import copy

import torch
from transformers.models.grounding_dino.modeling_grounding_dino import (
    GroundingDinoFrozenBatchNorm2d,
)

from rex_thinker_ros.models.grounding.folded_norms import fold_norms
from rex_thinker_ros.training.detector_model import build_detector


def test_features_are_the_same_but_for_rounding() -> None:
    torch.manual_seed(0)
    plain = build_detector().model.backbone.eval()
    norms = [m for m in plain.modules() if isinstance(m, GroundingDinoFrozenBatchNorm2d)]
    for norm in norms:  # as if trained: new ones change nothing
        norm.weight.uniform_(0.5, 1.5)
        norm.bias.normal_()
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
    folded = copy.deepcopy(plain)
    fold_norms(folded)
    assert norms
    assert not any(isinstance(m, GroundingDinoFrozenBatchNorm2d) for m in folded.modules())
    pixels, mask = torch.randn(1, 3, 64, 96), torch.ones(1, 64, 96, dtype=torch.long)
    for (before, _), (after, _) in zip(
        plain(pixels, mask)[0], folded(pixels, mask)[0], strict=True
    ):
        assert torch.allclose(before, after, rtol=1e-3, atol=1e-3)


def test_a_backbone_without_them_stays_as_it_is() -> None:
    backbone = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    fold_norms(backbone)
    assert isinstance(backbone[1], torch.nn.BatchNorm2d)
