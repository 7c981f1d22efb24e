"""How much memory is free: of this machine, and within a container's limit."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
import torch

from rex_thinker_ros.models.memory.free import container_free_bytes, free_bytes

STAT = "anon 1\ninactive_file 300\nactive_file 50\n"


def test_this_machine_has_some_memory_free() -> None:
    assert 0 < free_bytes(torch.device("cpu")) <= psutil.virtual_memory().total


@pytest.mark.parametrize(
    ("files", "free"),
    [
        pytest.param({}, float("inf"), id="no control groups of version 2"),
        pytest.param({"max": "max", "current": "700", "stat": STAT}, float("inf"), id="no limit"),
        pytest.param({"max": "1000", "current": "700", "stat": STAT}, 600, id="page cache is free"),
        pytest.param({"max": "1000", "current": "700", "stat": ""}, 300, id="nothing to reclaim"),
    ],
)
def test_a_containers_limit_counts(tmp_path: Path, files: dict[str, str], free: float) -> None:
    for name, content in files.items():
        (tmp_path / f"memory.{name}").write_text(f"{content}\n")
    assert container_free_bytes(tmp_path) == free
