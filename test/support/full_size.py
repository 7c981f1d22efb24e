"""Checkpoints of the released models' sizes, hollow or with random weights."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)

Shapes = dict[str, tuple[int, ...]]
WriteShard = Callable[[Path, Shapes], None]

_SHARD_BYTES = 4_000_000_000
_NUMBER_BYTES = 2  # bfloat16
_SPREAD = 0.02
_WEIGHTS = {".safetensors", ".bin"}


def reasoner_config(like: Path, layers: int = 28, vision_layers: int = 32) -> Qwen2_5_VLConfig:
    """Return the configuration of a Qwen2.5-VL-7B, with fewer layers where asked.

    The numbers of the control tokens are those of the checkpoint `like`.
    """
    tokens = json.loads((like / "config.json").read_text())
    return Qwen2_5_VLConfig(
        text_config={
            "vocab_size": 152064,
            "hidden_size": 3584,
            "intermediate_size": 18944,
            "num_hidden_layers": layers,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
            "rope_parameters": {
                "rope_type": "default",
                "mrope_section": [16, 24, 24],
                "rope_theta": 1000000.0,
            },
            "bos_token_id": None,
            "eos_token_id": tokens["text_config"]["eos_token_id"],
            "pad_token_id": tokens["text_config"]["pad_token_id"],
            "max_position_embeddings": 128000,
        },
        vision_config={
            "depth": vision_layers,
            "hidden_size": 1280,
            "out_hidden_size": 3584,
            "intermediate_size": 3420,
            "num_heads": 16,
            "window_size": 112,
            "fullatt_block_indexes": [i for i in (7, 15, 23, 31) if i < vision_layers],
        },
        image_token_id=tokens["image_token_id"],
        video_token_id=tokens["video_token_id"],
        vision_start_token_id=tokens["vision_start_token_id"],
        vision_end_token_id=tokens["vision_end_token_id"],
        tie_word_embeddings=False,
    )


def save_reasoner(directory: Path, like: Path, config: Qwen2_5_VLConfig, write: WriteShard) -> Path:
    """Save a Qwen2.5-VL checkpoint in shards; `write` fills them.

    The tokenizer and the image settings are those of the checkpoint `like`.
    """
    with torch.device("meta"):
        model = Qwen2_5_VLForConditionalGeneration(config)
    return _save(directory, like, model, write)


def save_detector(directory: Path, like: Path, write: WriteShard) -> Path:
    """Save a Grounding DINO Swin-T checkpoint as save_reasoner does, for images as upstream's."""
    with torch.device("meta"):
        model = GroundingDinoForObjectDetection(GroundingDinoConfig())
    _save(directory, like, model, write)
    settings = directory / "preprocessor_config.json"
    size = {"shortest_edge": 800, "longest_edge": 1333}
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"size": size}))
    return directory


def write_hollow(file: Path, shapes: Shapes) -> None:
    """Write a sparse file of safetensors: names, shapes and length are right, all numbers zero."""
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + _NUMBER_BYTES * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with file.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
    os.truncate(file, 8 + len(text) + end)


def write_random(file: Path, shapes: Shapes) -> None:
    """Write random weights in bfloat16, of the spread that a model is initialised with."""
    save_file({name: _random(name, shape) for name, shape in shapes.items()}, file)


def _random(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    if "norm" in name or name.endswith("bias"):
        return torch.full(shape, float(name.endswith("weight")), dtype=torch.bfloat16)
    return torch.randn(shape, dtype=torch.bfloat16).mul_(_SPREAD)


def _save(directory: Path, like: Path, model: torch.nn.Module, write: WriteShard) -> Path:
    shutil.copytree(
        like, directory, ignore=lambda _, names: [n for n in names if Path(n).suffix in _WEIGHTS]
    )
    model.config.save_pretrained(directory)
    shards = _shards({name: tuple(tensor.shape) for name, tensor in model.named_parameters()})
    weight_map: dict[str, str] = {}
    for number, shapes in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        write(directory / file, shapes)
        weight_map |= dict.fromkeys(shapes, file)
    size = sum((directory / file).stat().st_size for file in set(weight_map.values()))
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    return directory


def _shards(shapes: Shapes) -> list[Shapes]:
    shards: list[Shapes] = [{}]
    taken = 0
    for name, shape in shapes.items():
        size = _NUMBER_BYTES * math.prod(shape)
        if taken + size > _SHARD_BYTES and shards[-1]:
            shards.append({})
            taken = 0
        shards[-1][name] = shape
        taken += size
    return shards
