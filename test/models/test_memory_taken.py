"""What is known of the memory that the node takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.models.memory.taken import GpuMemory, gpu_memory, process_memory_mb

STATUS = "Name:\tpython3\nVmHWM:\t   20000 kB\nVmRSS:\t   15625 kB\nRssAnon:\t    9 kB\n"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(STATUS, 16.0, id="kB are 1024 bytes"),
        pytest.param("Name:\tkthreadd\n", None, id="no memory of its own"),
        pytest.param("VmRSS:\t many kB\n", None, id="no number"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_resident_memory_is_read(tmp_path: Path, status: str, expected: float | None) -> None:
    file = tmp_path / "status"
    file.write_text(status)
    assert process_memory_mb(file) == expected


def test_a_system_without_proc_has_no_reading(tmp_path: Path) -> None:
    assert process_memory_mb(tmp_path / "missing") is None


@given(st.binary(max_size=200))
def test_whatever_stands_before_it_the_line_is_found(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("proc") / "status"
    file.write_bytes(content + b"\nVmRSS:\t 15625 kB\n")
    assert process_memory_mb(file) == 16.0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_more_memory_reads_as_more() -> None:
    # in a process of its own: here, memory that other tests gave back would be taken again
    code = (
        "import numpy as np; from rex_thinker_ros.models.memory.taken import process_memory_mb; "
        "before = process_memory_mb(); block = np.ones(50_000_000, np.uint8); "
        "assert 45 < process_memory_mb() - before < 60"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_reading_does_not_import_torch() -> None:
    code = (
        "import sys; from rex_thinker_ros.models.memory.taken import gpu_memory; "
        "assert gpu_memory() is None; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class ScriptedCuda:
    """Stand in for torch.cuda, so that machines without a GPU can test the sums."""

    allocated = (3_000_000, 1_000_000)
    reserved = (8_000_000, 2_000_000)
    most_reserved = (9_000_000, 6_000_000)

    def __init__(self, *, initialized: bool) -> None:
        self._initialized = initialized

    def is_initialized(self) -> bool:
        return self._initialized

    def device_count(self) -> int:
        assert self._initialized, "this would start CUDA"
        return len(self.allocated)

    def memory_allocated(self, device: int) -> int:
        return self.allocated[device]

    def memory_reserved(self, device: int) -> int:
        return self.reserved[device]

    def max_memory_reserved(self, device: int) -> int:
        return self.most_reserved[device]


@pytest.mark.parametrize(
    ("torch", "expected"),
    [
        pytest.param(
            SimpleNamespace(cuda=ScriptedCuda(initialized=True)),
            GpuMemory(allocated_mb=4.0, reserved_mb=10.0, peak_mb=15.0),
            id="the sum of two GPUs",
        ),
        pytest.param(
            SimpleNamespace(cuda=ScriptedCuda(initialized=False)), None, id="CUDA not started"
        ),
        pytest.param(SimpleNamespace(), None, id="torch is just being imported"),
    ],
)
def test_the_memory_of_gpus(
    monkeypatch: pytest.MonkeyPatch, torch: SimpleNamespace, expected: GpuMemory | None
) -> None:
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert gpu_memory() == expected


def test_the_memory_of_a_real_gpu() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    block = torch.ones(10_000_000, dtype=torch.uint8, device="cuda")
    memory = gpu_memory()
    assert memory is not None
    assert 10 <= memory.allocated_mb <= memory.reserved_mb
    del block
