"""Windows attended together give what the library's own attention gives, to the last bit.

With eager attention some CPUs add up a batch of products in another order than each alone: there
the last bits may differ.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import Qwen2_5_VLForConditionalGeneration
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLVisionConfig
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VisionTransformerPretrainedModel,
)

from rex_thinker_ros.models.device import place
from rex_thinker_ros.models.find import find_models
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.qwen import QwenReasoner
from rex_thinker_ros.models.vision_attention import GroupedVisionAttention, group_windows
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.prompt import PixelBounds, smart_resize

Grid = tuple[int, int, int]
"""Frames, and rows and columns of patches."""

PATCH = 14
PATCH_VALUES = 3 * 2 * PATCH * PATCH
SDPA = "torch.nn.functional.scaled_dot_product_attention"
VGA, HD = Size(640, 480), Size(1280, 720)

# windows are of 8 x 8 patches
ONE_WINDOW, PART_OF_ONE = (1, 8, 8), (1, 2, 6)
WHOLE_WINDOWS = (1, 16, 24)
RAGGED_RIGHT, RAGGED_BOTTOM = (1, 16, 22), (1, 12, 24)
RAGGED_ALIKE = (1, 20, 20)  # right and bottom windows are of a length, in other shapes
RAGGED_UNLIKE = (1, 34, 46)
GRIDS = [
    ONE_WINDOW, PART_OF_ONE, WHOLE_WINDOWS, RAGGED_RIGHT, RAGGED_BOTTOM, RAGGED_ALIKE, RAGGED_UNLIKE
]  # fmt: skip


def vision_tower(
    attention: str = "sdpa", depth: int = 5, full: Sequence[int] = (1, 3)
) -> Qwen2_5_VisionTransformerPretrainedModel:
    torch.manual_seed(2)
    config = Qwen2_5_VLVisionConfig(
        depth=depth,
        hidden_size=32,
        out_hidden_size=64,
        intermediate_size=48,
        num_heads=2,
        window_size=112,
        fullatt_block_indexes=list(full),
        initializer_range=0.2,
    )
    config._attn_implementation = attention
    return Qwen2_5_VisionTransformerPretrainedModel(config).eval()


def grouped(tower: torch.nn.Module) -> torch.nn.Module:
    twin = copy.deepcopy(tower)
    group_windows(twin)
    return twin


PAIRS = {
    attention: (tower := vision_tower(attention), grouped(tower)) for attention in ("sdpa", "eager")
}
attentions = pytest.mark.parametrize("attention", PAIRS)


def see(tower: torch.nn.Module, *grids: Grid) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the last hidden states and the output for images of random values."""
    patches = sum(frames * rows * columns for frames, rows, columns in grids)
    pixels = torch.randn(patches, PATCH_VALUES, generator=torch.Generator().manual_seed(patches))
    with torch.inference_mode():
        seen = tower(pixels, grid_thw=torch.tensor(grids))
    return seen.last_hidden_state, seen.pooler_output


def same(
    one: Sequence[torch.Tensor], other: Sequence[torch.Tensor], attention: str = "sdpa"
) -> bool:
    pairs = list(zip(one, other, strict=True))
    if attention == "sdpa":
        return all(torch.equal(*pair) for pair in pairs)
    most = 1e-4 if one[0].dtype is torch.float32 else 3e-2
    return all((a - b).norm() <= most * b.norm() for a, b in pairs)


def calls(tower: torch.nn.Module, *grids: Grid) -> int:
    with patch(SDPA, side_effect=torch.nn.functional.scaled_dot_product_attention) as attend:
        see(tower, *grids)
    return attend.call_count


def grid_of(image: Size) -> Grid:
    resized = smart_resize(image, PixelBounds())
    return 1, resized.height // PATCH, resized.width // PATCH


@attentions
@pytest.mark.parametrize("grid", GRIDS)
def test_every_bit_is_that_of_the_library(attention: str, grid: Grid) -> None:
    stock, mine = PAIRS[attention]
    assert same(see(mine, grid), see(stock, grid), attention)


even = st.integers(1, 10).map(lambda half: 2 * half)


@attentions
@given(grids=st.lists(st.tuples(st.integers(1, 2), even, even), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_so_it_is_for_any_sizes_several_images_and_frames(
    attention: str, grids: list[Grid]
) -> None:
    stock, mine = PAIRS[attention]
    assert same(see(mine, *grids), see(stock, *grids), attention)


@attentions
@pytest.mark.parametrize(
    "grids",
    [
        (RAGGED_UNLIKE, ONE_WINDOW),
        (RAGGED_RIGHT, RAGGED_BOTTOM),
        ((1, 16, 24), (1, 24, 16)),  # as many patches and windows of the same length
        ((1, 12, 20), (1, 20, 12)),  # as many patches and windows in another order
    ],
)
def test_an_image_does_not_change_what_follows(attention: str, grids: tuple[Grid, ...]) -> None:
    stock, mine = PAIRS[attention]
    alone = {grid: see(stock, grid) for grid in grids}
    for grid in (*grids, *reversed(grids), *grids):
        assert same(see(mine, grid), alone[grid], attention)


@pytest.mark.parametrize("number_format", [torch.bfloat16, torch.float16])
@attentions
def test_so_it_is_in_half_precision(attention: str, number_format: torch.dtype) -> None:
    stock, mine = (copy.deepcopy(tower).to(number_format) for tower in PAIRS[attention])
    assert same(see(mine, RAGGED_UNLIKE), see(stock, RAGGED_UNLIKE), attention)


def test_gradients_flow() -> None:
    stock, mine = (copy.deepcopy(tower) for tower in PAIRS["sdpa"])
    for tower in (stock, mine):
        pixels = torch.ones(16 * 22, PATCH_VALUES)
        tower(pixels, grid_thw=torch.tensor([RAGGED_RIGHT])).pooler_output.sum().backward()
    for expected, got in zip(stock.parameters(), mine.parameters(), strict=True):
        torch.testing.assert_close(got.grad, expected.grad)


@pytest.mark.parametrize(
    ("image", "before", "after"), [(VGA, 28 * 30 + 4, 28 * 4 + 4), (HD, 28 * 84 + 4, 28 * 3 + 4)]
)
def test_a_layer_of_the_7b_attends_once_for_each_length(
    image: Size, before: int, after: int
) -> None:
    stock = vision_tower(depth=32, full=(7, 15, 23, 31))
    mine = grouped(stock)
    grid = grid_of(image)
    assert (calls(stock, grid), calls(mine, grid)) == (before, after)
    assert same(see(mine, grid), see(stock, grid))


def see_on_device(tower: torch.nn.Module, grid: Grid) -> int:
    """Return how often the host copied a tensor from a device; that must be the sizes.

    The device is "meta", whose tensors have no values: any other way to read them fails.
    """
    _, rows, columns = grid
    pixels = torch.empty(rows * columns, PATCH_VALUES, device="meta")
    on_device = torch.empty(1, 3, dtype=torch.int64, device="meta")
    with (
        torch.inference_mode(),
        patch.object(torch.Tensor, "cpu", return_value=torch.tensor([grid])) as read,
    ):
        tower.to("meta")(pixels, grid_thw=on_device)
    return read.call_count


def test_the_host_reads_the_device_once_for_an_image() -> None:
    assert see_on_device(grouped(vision_tower()), RAGGED_UNLIKE) == 1
    with pytest.raises((RuntimeError, NotImplementedError)):
        see_on_device(vision_tower(), RAGGED_UNLIKE)


def test_the_sizes_may_be_positional_and_the_layout_the_callers() -> None:
    stock, mine = PAIRS["sdpa"]
    pixels = torch.ones(64, PATCH_VALUES)
    sizes = torch.tensor([ONE_WINDOW])
    with torch.inference_mode():
        expected = stock(pixels, grid_thw=sizes, position_ids=torch.zeros(64, 2)).pooler_output
        got = mine(pixels, sizes, position_ids=torch.zeros(64, 2)).pooler_output
    assert torch.equal(got, expected)


def test_another_attention_stays_the_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes: list[tuple[int, ...]] = []

    def attend(
        module: torch.nn.Module, query: torch.Tensor, *states: torch.Tensor, **options: Any
    ) -> tuple[torch.Tensor, None]:
        shapes.append(tuple(query.shape))
        return query.transpose(1, 2), None

    monkeypatch.setitem(ALL_ATTENTION_FUNCTIONS._global_mapping, "other", attend)
    mine = grouped(vision_tower("other", depth=1, full=()))
    see(mine, WHOLE_WINDOWS)
    assert shapes == [(1, 2, 64, 16)] * 6
    mine.config._attn_implementation = "flash_attention_2"
    monkeypatch.setitem(ALL_ATTENTION_FUNCTIONS._global_mapping, "flash_attention_2", attend)
    see(mine, WHOLE_WINDOWS)
    assert shapes[6:] == [(1, 2, 6 * 64, 16)]


def test_the_embedded_reasoner_sees_the_same() -> None:
    directory = find_models(load_profile("demo")).reasoner
    assert directory
    stock = Qwen2_5_VLForConditionalGeneration.from_pretrained(directory, local_files_only=True)
    tower = stock.eval().model.visual
    for grid in GRIDS:
        assert same(see(grouped(tower), grid), see(tower, grid))
        assert calls(grouped(tower), grid) == calls(tower, grid) == tower.config.depth


def test_the_reasoner_is_loaded_so(random_reasoner: Path) -> None:
    reasoner = QwenReasoner(
        random_reasoner, name="tiny", profile=load_profile("demo"), placement=place("cpu")
    )
    tower = reasoner._model.model.visual
    assert all(type(block.attn) is GroupedVisionAttention for block in tower.blocks)
    assert calls(tower, RAGGED_UNLIKE) == 4 + 1
