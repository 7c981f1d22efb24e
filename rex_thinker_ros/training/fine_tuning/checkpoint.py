"""Checkpoint directories: where training starts from, and what it writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import GenerationConfig, Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.models.device import place
from rex_thinker_ros.models.vision_attention import group_windows
from rex_thinker_ros.training.fine_tuning.settings import ModelSettings
from rex_thinker_ros.user_error import UserError

_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".index.json", ".gguf")


class Start:
    """A checkpoint directory, with the device and the number format to compute with."""

    def __init__(self, directory: Path, settings: ModelSettings) -> None:
        """Take a directory; UserError unless it holds a Qwen2.5-VL that can learn."""
        self.directory = directory
        try:
            values = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{directory} is no checkpoint directory: {error}") from error
        if values.get("model_type") != "qwen2_5_vl":
            raise UserError(f"{directory} holds a {values.get('model_type')}, not a qwen2_5_vl")
        if "quantization_config" in values:
            raise UserError(f"{directory} is quantized: take the checkpoint that it was made from")
        placement = place(settings.device, "sdpa")
        self.device = placement.device
        self.dtype = placement.dtype if settings.dtype == "auto" else _dtype(settings.dtype)
        if self.dtype is torch.float16:
            raise UserError("this GPU has no bfloat16: set model.dtype to float32")

    def load(self, *, learning: bool) -> Any:
        """Load the model; weights that learn are in float32 whatever is computed with."""
        model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            self.directory,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32 if learning else self.dtype,
            attn_implementation="sdpa",
            device_map={"": self.device},
        )
        group_windows(model)
        return model


def write_checkpoint(model: Any, start: Start, folder: Path) -> None:
    """Write a stock directory, in the number format and with the other files of its start."""
    fresh = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    model.generation_config = GenerationConfig.from_model_config(model.config)
    model.to(_stored_dtype(start.directory)).save_pretrained(fresh)
    for file in start.directory.iterdir():
        is_other = file.is_file() and not file.name.endswith(_WEIGHTS)
        if is_other and file.name != "config.json":
            shutil.copyfile(file, fresh / file.name)
    for file in fresh.iterdir():
        file.chmod(0o644)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _stored_dtype(directory: Path) -> torch.dtype:
    """Return the number format of the weights, which a config.json may have wrong."""
    with safe_open(min(directory.glob("*.safetensors")), "pt") as weights:
        dtype: torch.dtype = weights.get_tensor(next(iter(weights.keys()))).dtype
    return dtype


def _dtype(name: str) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, name)
    return dtype
