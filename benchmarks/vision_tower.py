"""Time the reasoner's vision tower with one attention call for each window, and for each length.

The tower has the released 7B model's widths, random weights and four layers, the last of which
attends fully. The two ways take turns, so that other work on the machine slows both.
"""

from __future__ import annotations

import argparse
import copy
import time
from statistics import median

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLVisionConfig
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VisionTransformerPretrainedModel,
)

from rex_thinker_ros.models.vision_attention import group_windows
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.prompt import PixelBounds, smart_resize

IMAGES = (Size(640, 480), Size(1280, 720))
LAYERS = 4
PATCH = 14
PATCH_VALUES = 3 * 2 * PATCH * PATCH  # colours, and a still image counts as two frames


def vision_tower(attention: str) -> Qwen2_5_VisionTransformerPretrainedModel:
    """Return a tower of the 7B model's widths on the CPU, with random weights."""
    config = Qwen2_5_VLVisionConfig(
        depth=LAYERS,
        hidden_size=1280,
        out_hidden_size=3584,
        intermediate_size=3420,
        num_heads=16,
        window_size=112,
        fullatt_block_indexes=[LAYERS - 1],
    )
    config._attn_implementation = attention
    return Qwen2_5_VisionTransformerPretrainedModel(config).eval()


def grouped_twin(tower: torch.nn.Module) -> torch.nn.Module:
    """Return a tower with the same weights, not copied, whose windows are grouped."""
    twin = copy.deepcopy(tower, {id(weights): weights for weights in tower.parameters()})
    group_windows(twin)
    return twin


def look(tower: torch.nn.Module, pixels: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    """Return what a tower makes of an image's patches."""
    with torch.inference_mode():
        return tower(pixels, grid_thw=sizes).pooler_output


def seconds(tower: torch.nn.Module, pixels: torch.Tensor, sizes: torch.Tensor) -> float:
    """Return how long a tower takes for an image's patches."""
    start = time.perf_counter()
    look(tower, pixels, sizes)
    return time.perf_counter() - start


def measure(towers: list[torch.nn.Module], image: Size, rounds: int) -> list[str]:
    """Return a row: the image, its patches, the medians, their ratio, and whether results agree."""
    resized = smart_resize(image, PixelBounds())
    rows, columns = resized.height // PATCH, resized.width // PATCH
    pixels, sizes = torch.randn(rows * columns, PATCH_VALUES), torch.tensor([[1, rows, columns]])
    same = torch.equal(*(look(tower, pixels, sizes) for tower in towers))  # warms up as well
    times: list[list[float]] = [[], []]
    for turn in track(range(rounds), f"{image.width} x {image.height}", transient=True):
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which].append(seconds(towers[which], pixels, sizes))
    before, after = (median(values) for values in times)
    return [
        f"{image.width} x {image.height}",
        str(rows * columns),
        f"{before:.2f} s",
        f"{after:.2f} s",
        f"{before / after:.2f}",
        "yes" if same else "no",
    ]


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="timed runs of each way and image")
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    args = parser.parse_args()
    tower = vision_tower(args.attention)
    towers = [tower, grouped_twin(tower)]
    table = Table("image", "patches", "each window", "each length", "ratio", "same bits")
    for image in IMAGES:
        table.add_row(*measure(towers, image, args.rounds))
    Console().print(table)


if __name__ == "__main__":
    main()
