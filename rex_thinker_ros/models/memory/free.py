"""How much memory is free where the models will run."""

from __future__ import annotations

import re
from pathlib import Path

import psutil
import torch

_CGROUP = Path("/sys/fs/cgroup")
_RECLAIMABLE = re.compile(r"^inactive_file (\d+)$", re.MULTILINE)


def free_bytes(device: torch.device) -> int:
    """Return the bytes that new tensors on the device may take."""
    if device.type == "cuda" and not torch.cuda.get_device_properties(device).is_integrated:
        return torch.cuda.mem_get_info(device)[0]
    # a Jetson's GPU shares the system's memory, and counts files in the page cache as taken
    return min(psutil.virtual_memory().available, container_free_bytes())


def container_free_bytes(cgroup: Path = _CGROUP) -> int | float:
    """Return what the limit of a container leaves, infinite without one (control groups, v2)."""
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        taken = int((cgroup / "memory.current").read_text())
        reclaimable = _RECLAIMABLE.search((cgroup / "memory.stat").read_text())
    except OSError:
        return float("inf")
    if limit == "max":
        return float("inf")
    return int(limit) - taken + (int(reclaimable[1]) if reclaimable else 0)
