"""The package groundingdino finds what transformers finds, with the same weights.

It needs torchvision, which not every environment can have: scripts/test_groundingdino makes one.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from original_names import with_original_names
from transformers import (
    BertConfig,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    SwinConfig,
)

from rex_thinker_ros.models.grounding.grounded_detector import GroundedDetector
from rex_thinker_ros.models.grounding.grounding_dino import GroundingDinoDetector
from rex_thinker_ros.models.grounding.original_weights import find_original
from rex_thinker_ros.models.profiles import Profile, load_profile
from rex_thinker_ros.models.weights import WeightsError
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.detector import RgbImage

pytest.importorskip(
    "groundingdino", reason="groundingdino is not installed: run scripts/test_groundingdino"
)

Weights = dict[str, torch.Tensor]
CPU = torch.device("cpu")
ALL = load_profile(
    "rex_thinker_7b", box_threshold=0.0, text_threshold=0.0, duplicate_iou=1.0, max_candidates=900
)


@pytest.fixture(scope="module")
def checkpoint(processing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint of transformers with the same weights as original.pth beside it."""
    directory = tmp_path_factory.mktemp("twins") / "checkpoint"
    shutil.copytree(processing, directory)
    model = small_model()
    model.save_pretrained(directory)
    torch.save({"model": with_original_names(model.state_dict())}, directory / "original.pth")
    return directory


def small_model() -> GroundingDinoForObjectDetection:
    """Return a random model of the release's widths, which the package fixes, and few layers."""
    torch.manual_seed(7)
    model = GroundingDinoForObjectDetection(
        GroundingDinoConfig(
            backbone_config=SwinConfig(
                embed_dim=96,
                depths=[2, 2, 6, 2],
                num_heads=[3, 6, 12, 24],
                window_size=7,
                out_features=["stage2", "stage3", "stage4"],
            ),
            text_config=BertConfig(
                vocab_size=1033,
                hidden_size=128,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
            ),
            encoder_layers=2,
            decoder_layers=2,
            encoder_ffn_dim=64,
            decoder_ffn_dim=64,
            num_queries=30,
        )
    )
    with torch.no_grad():
        # nothing may be hidden by a zero, a one or a weight that is almost none
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
        # boxes large enough to overlap and to leave the image
        model.bbox_embed[0].layers[-1].weight.normal_(std=0.1)
        model.bbox_embed[0].layers[-1].bias[2:] = 1.0
    return model


def original(checkpoint: Path, profile: Profile = ALL) -> GroundedDetector:
    from rex_thinker_ros.models.grounding.groundingdino_original import (
        OriginalGroundingDinoDetector,
    )

    weights = find_original(str(checkpoint / "original.pth"))
    return OriginalGroundingDinoDetector(weights, name="original", profile=profile, device=CPU)


def of_transformers(checkpoint: Path, profile: Profile = ALL) -> GroundedDetector:
    return GroundingDinoDetector(checkpoint, name="transformers", profile=profile, device=CPU)


def picture(width: int, height: int) -> RgbImage:
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)


def assert_same(found: list[Candidate], expected: list[Candidate], *, side: int) -> None:
    assert [candidate.number for candidate in found] == [c.number for c in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.box.as_tuple() == pytest.approx(other.box.as_tuple(), abs=1e-3 * side)
        assert one.score == pytest.approx(other.score, abs=1e-3)


CATEGORIES = {
    "one word": "mug",
    "several words": "red remote mug",
    "unknown words": "gizmo",
    "a second caption by punctuation": "red mug. remote?",
    "longer than the model's text": "red mug " * 200,
}


@pytest.mark.parametrize("category", CATEGORIES.values(), ids=CATEGORIES.keys())
@pytest.mark.parametrize(("width", "height"), [(160, 120), (96, 211), (400, 90)])
def test_both_packages_find_the_same(
    checkpoint: Path, width: int, height: int, category: str
) -> None:
    image = picture(width, height)
    expected = of_transformers(checkpoint).detect(image, category)
    found = original(checkpoint).detect(image, category)
    assert len(expected) == 30
    assert_same(found, expected, side=max(width, height))


@pytest.mark.parametrize(
    "changed",
    [
        {"box_threshold": 0.5},
        {"text_threshold": 0.5},
        {"duplicate_iou": 0.5},
        {"max_candidates": 7},
    ],
    ids=str,
)
def test_both_packages_leave_out_the_same(checkpoint: Path, changed: dict[str, Any]) -> None:
    image, profile = picture(160, 120), replace(ALL, **changed)
    expected = of_transformers(checkpoint, profile).detect(image, "red mug")
    assert 1 < len(expected) < 30
    assert_same(original(checkpoint, profile).detect(image, "red mug"), expected, side=160)


def test_other_thresholds_share_the_model(checkpoint: Path) -> None:
    detector = original(checkpoint)
    stricter = detector.with_thresholds(box=0.5, text=0.5)
    image = picture(160, 120)
    assert 0 < len(stricter.detect(image, "mug")) < len(detector.detect(image, "mug"))


def test_a_category_of_characters_that_the_tokenizer_drops_has_no_candidates(
    checkpoint: Path,
) -> None:
    assert original(checkpoint).detect(picture(160, 120), "\u200b") == []


def test_a_pair_with_the_package_starts_without_warnings(checkpoint: Path) -> None:
    code = (
        "from rex_thinker_ros.models.load import load_models, warm_up\n"
        "from rex_thinker_ros.models.profiles import load_profile\n"
        f"profile = load_profile('demo', detector={str(checkpoint / 'original.pth')!r})\n"
        "detector, reasoner = load_models(profile, device='cpu')\n"
        "warm_up(detector, reasoner)\n"
        "print(detector.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("demo/original.pth\n", "")


def change(checkpoint: Path, directory: Path, weights: Callable[[Weights], object]) -> Path:
    """Copy the .pth with changed weights, and its tokenizer."""
    copied = shutil.copytree(checkpoint, directory / "changed")
    changed = torch.load(copied / "original.pth", weights_only=True)
    weights(changed["model"])
    torch.save(changed, copied / "original.pth")
    return Path(copied)


def test_logits_that_are_not_numbers_are_a_fault(checkpoint: Path, tmp_path: Path) -> None:
    changed = change(checkpoint, tmp_path, lambda weights: weights["feat_map.bias"].fill_(math.nan))
    with pytest.raises(FloatingPointError, match="not numbers"):
        original(changed).detect(picture(160, 120), "mug")


def test_weights_of_several_processes_are_read(checkpoint: Path, tmp_path: Path) -> None:
    def prefix(weights: Weights) -> None:
        for name in list(weights):
            weights[f"module.{name}"] = weights.pop(name)

    image = picture(160, 120)
    found = original(change(checkpoint, tmp_path, prefix)).detect(image, "mug")
    assert found == original(checkpoint).detect(image, "mug")


FOREIGN = {
    "no text model": (lambda weights: weights.pop("feat_map.bias"), "there is no 'feat_map.bias'"),
    "no backbone": (
        lambda weights: weights.pop("backbone.0.patch_embed.proj.bias"),
        "there is no 'backbone.0.patch_embed.proj.bias'",
    ),
    "more than is known": (
        lambda weights: weights.update({"mask_head.weight": torch.zeros(1)}),
        "'mask_head.weight' is unknown",
    ),
    "another width": (
        lambda weights: weights.update({"feat_map.bias": torch.zeros(3)}),
        "size mismatch for feat_map.bias",
    ),
    "a backbone of another width": (
        lambda weights: weights.update({"backbone.0.patch_embed.proj.bias": torch.zeros(64)}),
        "64 channels",
    ),
    "fewer words than the tokenizer has": (
        lambda weights: weights.update(
            {"bert.embeddings.word_embeddings.weight": torch.ones(9, 128)}
        ),
        "9 tokens of 1033",
    ),
    "another model": (dict.clear, "there is no 'backbone"),
}


@pytest.mark.parametrize(("changed", "told"), FOREIGN.values(), ids=FOREIGN.keys())
def test_weights_that_do_not_fit_are_refused(
    changed: Callable[[Weights], object], told: str, checkpoint: Path, tmp_path: Path
) -> None:
    copied = change(checkpoint, tmp_path, changed)
    with pytest.raises(WeightsError, match=re.escape(told)) as caught:
        original(copied)
    assert str(copied / "original.pth") in str(caught.value)
