"""How much memory this process takes, and took at most."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

_BYTES_PER_MB = 1e6
_OWN_STATUS = Path("/proc/self/status")
_KIB = r"^{}:\s*(\d+) kB$"


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """What PyTorch takes of all GPUs, in MB (10^6 bytes).

    Tensors are allocated within what is reserved; the CUDA context comes on top of both. peak is
    the most that was ever reserved.
    """

    allocated_mb: float
    reserved_mb: float
    peak_mb: float


def process_memory_mb(status: Path = _OWN_STATUS) -> float | None:
    """Return the resident memory of the process in MB (10^6 bytes), or None if not known."""
    return _status_mb(status, "VmRSS")


def process_peak_mb(status: Path = _OWN_STATUS) -> float | None:
    """Return the most resident memory that the process ever had in MB, or None if not known."""
    return _status_mb(status, "VmHWM")


def peak_text() -> str:
    """Return a phrase on the most memory that was taken, such as "812 MB of the process"."""
    process, gpu = process_peak_mb(), gpu_memory()
    parts = ["an unknown part of the memory" if process is None else f"{process:.0f} MB"]
    if gpu:
        parts.append(f"{gpu.peak_mb:.0f} MB of the GPU")
    return " and ".join(parts)


def _status_mb(status: Path, key: str) -> float | None:
    # the kernel's "kB" are 1024 bytes: see proc_pid_status(5)
    try:
        content = status.read_text(encoding="ascii", errors="replace")
    except OSError:  # no Linux
        return None
    found = re.search(_KIB.format(key), content, re.MULTILINE | re.ASCII)
    return int(found[1]) * 1024 / _BYTES_PER_MB if found else None


def gpu_memory() -> GpuMemory | None:
    """Return what PyTorch takes of the GPUs, or None while it uses none.

    This neither imports PyTorch nor starts CUDA: each takes seconds and hundreds of MB.
    """
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return None
    devices = range(cuda.device_count())
    return GpuMemory(
        allocated_mb=sum(cuda.memory_allocated(device) for device in devices) / _BYTES_PER_MB,
        reserved_mb=sum(cuda.memory_reserved(device) for device in devices) / _BYTES_PER_MB,
        peak_mb=sum(cuda.max_memory_reserved(device) for device in devices) / _BYTES_PER_MB,
    )
