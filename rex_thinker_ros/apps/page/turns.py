"""One request at a time, in the order in which they came."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from rex_thinker_ros.referring.cancel import CancelToken


class CrowdedError(Exception):
    """Say that as many wait as may."""


@dataclass(eq=False)
class Turn:
    """Hold a visitor's place among those who wait, and what stops the request that waits there."""

    visitor: str
    cancel: CancelToken = field(default_factory=CancelToken)


class Turns:
    """Let one visitor after the other use the models; safe across threads."""

    def __init__(self, most: int = 8) -> None:
        """Let `most` requests wait or run at the same time."""
        self._most = most
        self._turns: list[Turn] = []
        self._changed = threading.Condition()

    def join(self, visitor: str) -> Turn:
        """Give a turn behind all others; what this visitor asked for before is stopped.

        Whoever joins has to leave. Raises CrowdedError if too many are waiting.
        """
        with self._changed:
            self._stop(visitor)
            if len(self._turns) >= self._most:
                raise CrowdedError
            self._turns.append(Turn(visitor))
            return self._turns[-1]

    def leave(self, turn: Turn) -> None:
        """Let the next have its turn."""
        with self._changed:
            self._turns.remove(turn)
            self._changed.notify_all()

    def is_next(self, turn: Turn) -> bool:
        """Tell whether nobody is in front of this one."""
        with self._changed:
            return self._turns[0] is turn

    def wait(self, turn: Turn) -> bool:
        """Wait until it is this one's turn; return False if it was stopped before."""
        with self._changed:
            self._changed.wait_for(lambda: turn.cancel.canceled or self._turns[0] is turn)
        return not turn.cancel.canceled

    def stop(self, visitor: str) -> None:
        """Stop what this visitor asked for, whether it runs or waits."""
        with self._changed:
            self._stop(visitor)

    def stop_all(self) -> None:
        """Stop what everybody asked for."""
        with self._changed:
            for turn in self._turns:
                turn.cancel.cancel()
            self._changed.notify_all()

    def _stop(self, visitor: str) -> None:
        for turn in self._turns:
            if turn.visitor == visitor:
                turn.cancel.cancel()
        self._changed.notify_all()
