"""How much memory a pair of models will need; from its files, in milliseconds, without torch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.quantization import bytes_per_number
from rex_thinker_ros.models.safetensors_header import read_header
from rex_thinker_ros.models.weights import read_json, shards

_PIXELS_PER_PATCH = 14 * 14
_FLOAT32_BYTES = 4
# what one pass has at once, beside weights and cache, in numbers per token: as wide as the hidden
# layer, and as wide as the layer between (measured on a CPU at full width, see benchmarks)
_HIDDEN_COPIES, _BETWEEN_COPIES = 6, 3
# the same for the detector: bytes per pixel of its resized image, at a width of 256
_DETECTOR_BYTES_PER_PIXEL, _DETECTOR_WIDTH = 1350, 256
_DETECTOR_PIXELS = 800 * 1333  # as it was released


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Hold bytes: of weights, of a key-value cache at its longest, of the widest pass."""

    weights: float
    cache: float
    work: float

    @property
    def total(self) -> float:
        """Return all bytes."""
        return self.weights + self.cache + self.work

    def __str__(self) -> str:
        """Return a phrase on the whole and its parts."""
        return (
            f"{amount(self.total)} (weights {amount(self.weights)}, cache "
            f"{amount(self.cache)}, work {amount(self.work)})"
        )


def needed_together(needs: Iterable[MemoryNeed]) -> float:
    """Return the bytes of models that are all loaded and work one at a time."""
    needs = list(needs)
    return sum(need.weights + need.cache for need in needs) + max(need.work for need in needs)


def amount(size: float) -> str:
    """Return bytes as text, such as "17.3 GB" of 10^9 bytes, or "52 MB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def reasoner_need(directory: Path, profile: Profile, number_bytes: int) -> MemoryNeed:
    """Return what a Qwen2.5-VL checkpoint takes where a number has number_bytes.

    Raises WeightsError or OSError for files that cannot be read.
    """
    config = read_json(directory / "config.json")
    text = config.get("text_config", config)  # older checkpoints have no part for it
    hidden, heads = text["hidden_size"], text["num_attention_heads"]
    kept = text["num_hidden_layers"] * text["num_key_value_heads"] * (hidden // heads)
    tokens = profile.prompt_tokens + profile.max_new_tokens
    width = _HIDDEN_COPIES * hidden + _BETWEEN_COPIES * text["intermediate_size"]
    return MemoryNeed(
        weights=_weights(directory, profile.quantization, number_bytes),
        cache=2 * kept * tokens * number_bytes,  # keys and values
        work=width * profile.prompt_tokens * number_bytes + _scores(config, profile, number_bytes),
    )


def _scores(config: dict[str, Any], profile: Profile, number_bytes: int) -> float:
    """Return the bytes of the vision tower's attention scores, where they are all held at once."""
    if profile.attention != "eager":
        return 0
    patches = profile.max_pixels // _PIXELS_PER_PATCH
    # as they are, and as float32 for the softmax
    return config["vision_config"]["num_heads"] * patches**2 * (number_bytes + _FLOAT32_BYTES)


def detector_need(directory: Path) -> MemoryNeed:
    """Return what a Grounding DINO checkpoint takes, in float32 on any device.

    It may be a .pth file, which holds little else than its weights. Raises WeightsError or OSError
    for files that cannot be read.
    """
    if directory.is_file():
        work = _DETECTOR_BYTES_PER_PIXEL * _DETECTOR_PIXELS
        return MemoryNeed(weights=directory.stat().st_size, cache=0, work=work)
    config = read_json(directory / "config.json")
    size = read_json(directory / "preprocessor_config.json")["size"]
    pixels = math.prod(size.values())  # of both sides, or of the bounds of the short and the long
    width = config.get("d_model", _DETECTOR_WIDTH)
    return MemoryNeed(
        weights=_weights(directory, "none", _FLOAT32_BYTES),
        cache=0,
        work=_DETECTOR_BYTES_PER_PIXEL * pixels * width / _DETECTOR_WIDTH,
    )


def _weights(directory: Path, quantization: str, number_bytes: int) -> float:
    return sum(
        entry.numbers * bytes_per_number(entry.name, quantization, number_bytes)
        for shard in shards(directory)
        for entry in read_header(directory / shard)[0]
    )
