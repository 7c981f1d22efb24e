"""How much memory the node takes."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

_BYTES_PER_MB = 1e6
_RESIDENT_KIB = re.compile(r"^VmRSS:\s*(\d+) kB$", re.MULTILINE | re.ASCII)


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """What PyTorch takes of all GPUs, in MB (10^6 bytes).

    Tensors are allocated within what is reserved; the CUDA context comes on top of both.
    """

    allocated_mb: float
    reserved_mb: float


def process_memory_mb(status: Path = Path("/proc/self/status")) -> float | None:
    """Return the resident memory of the process in MB (10^6 bytes), or None if not known.

    The kernel's "kB" are 1024 bytes: see proc_pid_status(5).
    """
    try:
        found = _RESIDENT_KIB.search(status.read_text(encoding="ascii", errors="replace"))
    except OSError:  # no Linux
        return None
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
    )
