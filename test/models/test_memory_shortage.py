"""What allocators say when memory is out, and what is held afterwards."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import numpy as np
import pytest
import torch

from rex_thinker_ros.models.memory.shortage import OutOfMemoryError, memory_advice

# more than any machine has, so that the real allocators refuse
TOO_MUCH = 10**15


class Held:
    """Stand in for a tensor of gigabytes."""


def of_torch() -> None:
    torch.empty(TOO_MUCH, dtype=torch.uint8)


def of_numpy() -> None:
    np.empty(TOO_MUCH, np.uint8)


def of_python() -> None:
    bytearray(TOO_MUCH)


def of_cuda() -> None:
    # the exception that PyTorch's allocator for GPUs raises; it takes a GPU to cause one
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has ...")


def of_cublas() -> None:
    raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)")


@pytest.mark.parametrize("run_out", [of_torch, of_numpy, of_python, of_cuda, of_cublas])
def test_a_shortage_comes_with_advice_and_lets_go_of_all(run_out: Callable[[], None]) -> None:
    held: list[weakref.ref[Held]] = []

    @memory_advice("The reasoner", "Send less.")
    def work() -> None:
        tensor = Held()
        held.append(weakref.ref(tensor))
        run_out()

    with pytest.raises(OutOfMemoryError, match=r"^The reasoner ran out of memory.*Send less\.$"):
        work()
    assert held[0]() is None, "the exception must not keep what its frames held"


def test_another_fault_is_left_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), memory_advice("It", ""):
        torch.ones(2, 3) @ torch.ones(2, 3)
