"""When to stop a generation that runs elsewhere."""

from __future__ import annotations

import time

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.reasoner import StopReason

_STEP_SECONDS = 0.02


class StopClock:
    """Tell when to stop: at the wish of whoever asked, or at the end of the time."""

    def __init__(self, seconds: float, cancel: CancelToken) -> None:
        """Start the clock of the time budget, in seconds."""
        self._deadline = time.monotonic() + seconds
        self._cancel = cancel

    @property
    def stop(self) -> StopReason | None:
        """Return the reason to stop by now."""
        if self._cancel.canceled:
            return StopReason.CANCELED
        return StopReason.TIME_BUDGET if time.monotonic() >= self._deadline else None

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond a reason to stop."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.stop:
            time.sleep(_STEP_SECONDS)
