"""How long each stage of a referral takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rex_thinker_ros.referring.observer import Observer, Stage


class StageClock:
    """Tell an observer of each stage, and sum up its wall-clock seconds."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._start = 0.0
        self.seconds = dict.fromkeys(Stage, 0.0)

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Count the time until the end of the block as the stage's."""
        self._observer.on_stage(stage)
        self._start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] += self.since_start()

    def since_start(self) -> float:
        """Return the seconds since the last stage began."""
        return time.monotonic() - self._start
