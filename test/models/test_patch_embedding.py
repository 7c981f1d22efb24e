"""The patch embedding is the library's, up to the order of adding up."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from full_size import reasoner_config
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.models.find import find_models
from rex_thinker_ros.models.patch_embedding import flatten_patch_embedding
from rex_thinker_ros.models.profiles import load_profile


def test_patches_are_embedded_as_the_library_does() -> None:
    directory = find_models(load_profile("demo")).reasoner
    assert directory
    stock = Qwen2_5_VLForConditionalGeneration.from_pretrained(directory, dtype=torch.float32)
    ours = deepcopy(stock)
    flatten_patch_embedding(ours)
    patches = torch.randn(40, 3 * 2 * 14 * 14, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        theirs = stock.model.visual.patch_embed(patches)
        assert torch.allclose(ours.model.visual.patch_embed(patches), theirs, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_one_frame_stands_for_two_that_are_the_same(dtype: torch.dtype) -> None:
    directory = find_models(load_profile("demo")).reasoner
    assert directory
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(directory, dtype=dtype)
    flatten_patch_embedding(model)
    one = torch.randn(40, 3, 1, 14 * 14, generator=torch.Generator().manual_seed(0)).to(dtype)
    embed = model.model.visual.patch_embed
    with torch.inference_mode():
        both = embed(one.expand(-1, -1, 2, -1).flatten(1))
        assert torch.allclose(embed(one.flatten(1)), both, atol=1e-4)


def test_the_full_sizes_model_has_what_is_replaced() -> None:
    directory = find_models(load_profile("demo")).reasoner
    assert directory
    with torch.device("meta"):
        model = Qwen2_5_VLForConditionalGeneration(reasoner_config(directory, 1, 1))
    before = type(model.model.visual.patch_embed)
    flatten_patch_embedding(model)
    assert type(model.model.visual.patch_embed) is not before
