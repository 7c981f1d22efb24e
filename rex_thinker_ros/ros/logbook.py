"""The decision log as the parameters want it: open, closed, or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from rex_thinker_ros.answering.decision_log import DecisionLog
from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.ros.loading import profile_of
from rex_thinker_ros.ros.parameters import Parameters

_CLOSE_SECONDS = 0.3  # for what is still to be written


class Logbook:
    """Keep a decision log between open and close, if `log_dir` says where.

    `fault` is what went wrong since it was opened, a sentence; empty if nothing did.
    """

    def __init__(self, warn: Callable[[str], object]) -> None:
        self.fault = ""
        self._warn = warn
        self._log: DecisionLog | None = None

    def open(self, settings: Parameters) -> None:
        """Begin a session in the folder of the settings, which are written down with it.

        Raises what profile_of raises.
        """
        self.close()
        self.fault = ""
        if settings.log_dir:
            folder = Path(settings.log_dir).expanduser()
            limit = settings.log_max_megabytes
            # a prompt can be made again from what was decided and the profile's pixel bounds
            values = {"parameters": asdict(settings), "profile": asdict(profile_of(settings))}
            self._log = DecisionLog(folder, limit, values, self._on_fault)

    def record(self, result: Result) -> None:
        """Write a result down, from any thread; never waits and never raises."""
        if log := self._log:
            log.record(result)

    def close(self) -> None:
        """Write what waits, and take no more."""
        log, self._log = self._log, None
        if log:
            log.close(_CLOSE_SECONDS)

    def _on_fault(self, text: str) -> None:
        self.fault = text
        self._warn(text)
