"""Which device, number format and attention a model runs with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from transformers.utils.import_utils import is_flash_attn_2_available

from rex_thinker_ros.user_error import UserError


class DeviceError(UserError):
    """Say which device was asked for and cannot be had, and what to do."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Hold where and how the reasoner computes; attention as transformers names it."""

    device: torch.device
    dtype: torch.dtype
    attention: str


def place(device: str = "auto") -> Placement:
    """Return the placement for "auto", "cpu", "cuda" or "cuda:N"; DeviceError if it is absent."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        return Placement(torch.device("cpu"), torch.float32, "sdpa")
    return _place_cuda(device)


def _place_cuda(device: str) -> Placement:
    try:
        target = torch.device(device)
    except RuntimeError as error:
        raise DeviceError(f"{device!r} is no device; choose auto, cpu, cuda or cuda:N") from error
    if target.type != "cuda":
        raise DeviceError(f"device {device!r} is not supported; choose auto, cpu, cuda or cuda:N")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if (target.index or 0) >= count:
        raise DeviceError(
            f"device {device!r} was asked for, but this PyTorch sees {count} CUDA devices; "
            "choose device:=auto or device:=cpu"
        )
    # fp16 where a GPU has no bf16 of its own: an emulated one is slower than float32
    dtype = torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float16
    attention = "flash_attention_2" if is_flash_attn_2_available() else "sdpa"
    return Placement(target, dtype, attention)
