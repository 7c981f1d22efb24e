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


def place(device: str = "auto", attention: str = "auto") -> Placement:
    """Return the placement for "auto", "cpu", "cuda" or "cuda:N", and one of ATTENTIONS.

    Raises DeviceError for a device that is absent, or one that cannot compute such attention.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        return Placement(torch.device("cpu"), torch.float32, _attention(attention, flash=False))
    target = _cuda(device)
    # fp16 where a GPU has no bf16 of its own: an emulated one is slower than float32
    dtype = torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float16
    # the package may be there and the GPU too old for it
    flash = is_flash_attn_2_available() and torch.cuda.get_device_capability(target) >= (8, 0)
    return Placement(target, dtype, _attention(attention, flash=flash))


def _attention(wanted: str, *, flash: bool) -> str:
    if wanted == "flash" and not flash:
        raise DeviceError(
            "attention flash needs a GPU of compute capability 8.0 and the package flash-attn; "
            "choose auto, sdpa or eager"
        )
    if flash and wanted in ("auto", "flash"):
        return "flash_attention_2"
    return "eager" if wanted == "eager" else "sdpa"


def _cuda(device: str) -> torch.device:
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
    return target
