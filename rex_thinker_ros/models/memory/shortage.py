"""Memory that runs out while a model works: what it was, what helps, and a clean slate."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from rex_thinker_ros.user_error import UserError

# of PyTorch's allocators for GPUs and CPUs, and of the libraries below them
_SIGNS = ("out of memory", "can't allocate memory", "cannot allocate memory", "alloc_failed")
_MOST_CHARACTERS = 200


class OutOfMemoryError(UserError):
    """Say which model ran out of memory, for want of what, and what to do."""


@contextmanager
def memory_advice(model: str, advice: str) -> Iterator[None]:
    """Turn an allocator's exception into OutOfMemoryError, once what it held is given back.

    model names what works here; advice is a sentence on what takes less memory.
    """
    shortage = None
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_shortage(error):
            raise
        fault = str(error).strip().split("\n")[0][:_MOST_CHARACTERS]
        what = f"{model} ran out of memory ({fault})" if fault else f"{model} ran out of memory"
        shortage = OutOfMemoryError(f"{what}. {advice}")
        # the tensors in the frames that it came through would live as long as the exception
        traceback.clear_frames(error.__traceback__)
    if shortage:
        free_memory()
        raise shortage


def is_shortage(error: Exception) -> bool:
    """Return whether an exception says that memory ran out, on the host or on a device."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in text for sign in _SIGNS)


def free_memory() -> None:
    """Give the memory of models that nobody holds any more back to the system and the GPU."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
