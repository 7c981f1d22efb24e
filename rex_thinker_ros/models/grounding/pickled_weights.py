"""Read tensors, and nothing else, from a file that torch.save wrote."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from rex_thinker_ros.models.weights import WeightsError


def read_pickled_weights(file: Path) -> dict[str, torch.Tensor]:
    """Return a model's tensors by their names, as they were on one process and on the CPU.

    The file may be a mapping of them, or have one as its entry "model". A pickle can run any code
    when it is opened: only tensors and plain containers are taken. WeightsError for what holds
    more, is damaged, unreadable, or no model's weights.
    """
    content = _open(file)
    tensors = content.get("model", content) if isinstance(content, Mapping) else None
    if not isinstance(tensors, Mapping) or not all(map(torch.is_tensor, tensors.values())):
        raise WeightsError(f"{file} holds no weights: tensors by their names, maybe in model.")
    # training on several GPUs puts this before each name
    return {name.removeprefix("module."): tensor for name, tensor in tensors.items()}


def _open(file: Path) -> Any:
    try:
        zipped = zipfile.is_zipfile(file)  # the older format cannot be mapped into memory
        return torch.load(file, map_location="cpu", weights_only=True, mmap=zipped)
    except pickle.UnpicklingError as error:
        what = "holds more than tensors" if zipped else "is damaged, or holds more than tensors"
        raise WeightsError(
            f"{file} {what}, and was not opened: a pickle can run any code. Give weights that "
            "were saved as a state dict, or a directory with a checkpoint in safetensors."
        ) from error
    except Exception as error:  # of a dozen types, by which byte is wrong
        raise WeightsError(
            f"{file} is damaged, was not downloaded to its end, or may not be read: {error}"
        ) from error
