"""The model's text, published while it grows."""

from __future__ import annotations

import time
from collections.abc import Callable

from rex_thinker_ros.referring.referrer import Observer

_TEXT_PERIOD_SECONDS = 0.1


class ReasoningStream(Observer):
    """Pass the whole text so far to `publish`, at most ten times a second and at the end."""

    def __init__(self, publish: Callable[[str], None]) -> None:
        self._publish = publish
        self._text = ""
        self._published = ""
        self._next = 0.0

    def on_text(self, piece: str) -> None:
        """Take the next piece of the model's text."""
        self._text += piece
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TEXT_PERIOD_SECONDS
            self.finish()

    def finish(self) -> None:
        """Publish what has not been published yet."""
        if self._text != self._published:
            self._published = self._text
            self._publish(self._text)
