"""A bag played by a clock that goes forward only."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rex_thinker_ros.apps.replaying.bag import Recorded
from rex_thinker_ros.stamps import NANOSECONDS


class Playback:
    """Hand out each message when the clock, in nanoseconds, has reached its recording."""

    def __init__(self, messages: Iterator[Recorded], start_nanoseconds: int) -> None:
        self._messages = messages
        self._next = next(messages, None)
        self._now = start_nanoseconds
        self._hearing: list[Callable[[Recorded], object]] = []

    def listen(self, hear: Callable[[Recorded], object]) -> None:
        """Call `hear` with every message from now on."""
        self._hearing.append(hear)

    def now(self) -> int:
        """Return the time in nanoseconds."""
        return self._now

    def seconds(self) -> float:
        """Return the time in seconds."""
        return self._now / NANOSECONDS

    def sleep(self, seconds: float) -> None:
        """Turn the clock on."""
        self.turn_to(self._now + int(seconds * NANOSECONDS))

    def turn_to(self, nanoseconds: int) -> None:
        """Turn the clock to a time, unless it is there already, and hand out what was recorded."""
        while self._next and self._next.nanoseconds <= max(nanoseconds, self._now):
            message, self._next = self._next, next(self._messages, None)
            self._now = max(self._now, message.nanoseconds)
            for hear in self._hearing:
                hear(message)
        self._now = max(self._now, nanoseconds)

    def step(self, deadline_nanoseconds: int) -> bool:
        """Turn the clock to the next message; if that is too late, to the deadline, and say so."""
        late = self._next is None or self._next.nanoseconds > deadline_nanoseconds
        self.turn_to(deadline_nanoseconds if late or not self._next else self._next.nanoseconds)
        return not late
