"""The released models' sizes: configurations, and files that hold nothing but are as long."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import torch
from transformers import (
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)

_SHARD_BYTES = 4_000_000_000
_WEIGHTS = {".safetensors", ".bin"}


def reasoner_config(layers: int = 28, vision_layers: int = 32) -> Qwen2_5_VLConfig:
    """Return the configuration of a Qwen2.5-VL-7B, with fewer layers where asked."""
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
        tie_word_embeddings=False,
    )


def save_hollow_reasoner(directory: Path, like: Path) -> Path:
    """Write a 7B checkpoint of sparse files: names, shapes and lengths are right, all else zero.

    The tokenizer and the image settings are those of the checkpoint `like`.
    """
    with torch.device("meta"):
        model = Qwen2_5_VLForConditionalGeneration(reasoner_config())
    return _save_hollow(directory, like, model)


def save_hollow_detector(directory: Path, like: Path) -> Path:
    """Write a Grounding DINO Swin-T checkpoint of sparse files, as save_hollow_reasoner does."""
    with torch.device("meta"):
        model = GroundingDinoForObjectDetection(GroundingDinoConfig())
    _save_hollow(directory, like, model)
    settings = directory / "preprocessor_config.json"
    size = {"shortest_edge": 800, "longest_edge": 1333}
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"size": size}))
    return directory


def _save_hollow(directory: Path, like: Path, model: torch.nn.Module) -> Path:
    shutil.copytree(
        like, directory, ignore=lambda _, names: [n for n in names if Path(n).suffix in _WEIGHTS]
    )
    model.config.save_pretrained(directory)
    shards: list[dict[str, tuple[int, ...]]] = [{}]
    taken = 0
    for name, tensor in model.named_parameters():
        size = tensor.numel() * 2
        if taken + size > _SHARD_BYTES and shards[-1]:
            shards.append({})
            taken = 0
        shards[-1][name] = tuple(tensor.shape)
        taken += size
    weight_map: dict[str, str] = {}
    for number, tensors in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        _write_hollow(directory / file, tensors)
        weight_map |= dict.fromkeys(tensors, file)
    (directory / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return directory


def _write_hollow(file: Path, tensors: dict[str, tuple[int, ...]]) -> None:
    header, end = {}, 0
    for name, shape in tensors.items():
        start, end = end, end + 2 * int(torch.Size(shape).numel())
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with file.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
    os.truncate(file, 8 + len(text) + end)
