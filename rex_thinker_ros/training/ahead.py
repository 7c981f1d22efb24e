"""Make batches ahead, in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

DEPTH = 5  # batches that may wait


def made_ahead(make: Callable[[], T]) -> Iterator[T]:
    """Yield what `make` returns, for ever; an error in it is raised here, as RuntimeError."""
    ready: queue.Queue[T | Exception] = queue.Queue(maxsize=DEPTH)

    def work() -> None:
        try:
            while True:
                ready.put(make())
        except Exception as error:  # noqa: BLE001 - handed to the trainer, which stops on it
            ready.put(error)

    threading.Thread(target=work, daemon=True).start()
    while True:
        item = ready.get()
        if isinstance(item, Exception):
            raise RuntimeError("the batch maker failed") from item
        yield item
