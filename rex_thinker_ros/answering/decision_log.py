"""The decision log: every result and its image, on a disk that may fail."""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from rex_thinker_ros.answering.decision_writer import DecisionWriter
from rex_thinker_ros.answering.result import Result

WAITING_BYTES = 64_000_000
"""How much may wait for a slow disk; what comes on top is lost."""

WARN_SECONDS = 60.0
_LINE_BYTES = 16_000  # about what a result without an image takes while it waits

_CLOSED = "It is closed."
_TOO_SLOW = "The disk is too slow. Set log_dir to a folder on a faster one."
_OTHER = "Check the folder, or set log_dir to another one."
_FULL = "Free space on its disk, or set log_max_megabytes lower."
_FORBIDDEN = "Let the node write there, or set log_dir to another folder."
_ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _FORBIDDEN),
}


@dataclass(frozen=True)
class _Entry:
    result: Result
    time: datetime
    size: int


class DecisionLog:
    """Write results to a folder on a thread of its own: see DecisionWriter.

    What cannot be written is dropped, counted in the next entry, and told to `warn`: on any
    thread, once a minute at most, and at the end. A megabyte is 10^6 bytes. ValueError or
    TypeError for settings that are no JSON.
    """

    def __init__(
        self,
        folder: Path,
        max_megabytes: float,
        settings: Mapping[str, object],
        warn: Callable[[str], object],
    ) -> None:
        self._path = folder
        self._writer = DecisionWriter(folder, int(max_megabytes * 1e6), settings)
        self._warn = warn
        self._next_warning = 0.0
        self._changed = threading.Condition()
        self._waiting: deque[_Entry] = deque()  # the first one is being written
        self._closed = False
        self._lost = 0  # to be counted in the next entry
        # a daemon: a disk that hangs must not keep the process
        self._thread = threading.Thread(target=self._work, name="decision log", daemon=True)
        self._thread.start()

    def record(self, result: Result) -> None:
        """Hand over a result, from any thread; never waits for the disk and never raises.

        The result's image is not copied: nobody may write into it later.
        """
        size = _LINE_BYTES + (result.looked.image.nbytes if result.looked else 0)
        entry = _Entry(result, datetime.now(timezone.utc), size)
        with self._changed:
            full = self._waiting and size + sum(e.size for e in self._waiting) > WAITING_BYTES
            fault = _CLOSED if self._closed else _TOO_SLOW if full else ""
            if not fault:
                self._waiting.append(entry)
                self._changed.notify()
        if fault:
            self._lose(1, fault)

    def close(self, seconds: float) -> None:
        """Write what waits, for `seconds` at most, and take no more; never raises."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(min(max(seconds, 0.0), threading.TIMEOUT_MAX))
        with self._changed:
            lost, self._lost = self._lost + len(self._waiting), 0
            self._waiting.clear()
        if lost:
            self._tell(f"Decisions missing at the end of the log in {self._path}: {lost}.")

    def _work(self) -> None:
        while entry := self._next():
            self._write(entry)
            with self._changed:
                if self._waiting:  # unless close gave up on it
                    self._waiting.popleft()

    def _next(self) -> _Entry | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return self._waiting[0] if self._waiting else None

    def _write(self, entry: _Entry) -> None:
        with self._changed:
            lost, self._lost = self._lost, 0
        try:
            self._writer.write(entry.result, entry.time, lost)
        except OSError as error:
            self._lose(lost + 1, f"{error}. {_ADVICE.get(error.errno or 0, _OTHER)}")
        # whatever it is, the node goes on
        except Exception as error:  # noqa: BLE001
            self._lose(lost + 1, f"{error}.")

    def _lose(self, count: int, reason: str) -> None:
        now = time.monotonic()
        with self._changed:
            self._lost += count
            lost = self._lost
            if now < self._next_warning:
                return
            self._next_warning = now + WARN_SECONDS
        self._tell(f"Decisions missing in the log in {self._path}: {lost}. {reason}")

    def _tell(self, text: str) -> None:
        with suppress(Exception):  # such as a logger that is shut down already
            self._warn(text)
