"""Stopping a referral from another thread."""

from __future__ import annotations

from threading import Event


class CancelToken:
    """Carry the wish to stop to whoever works on a referral; safe across threads."""

    def __init__(self) -> None:
        self._event = Event()

    def cancel(self) -> None:
        """Ask the work to stop; asking again changes nothing."""
        self._event.set()

    @property
    def canceled(self) -> bool:
        """Return whether anybody asked."""
        return self._event.is_set()
