"""How far one request has come, told while it is worked on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.observer import Observer, Stage

_TEXT_PERIOD_SECONDS = 0.1


@dataclass(frozen=True)
class Standing:
    """The stage that a request is in, its candidates, and the model's text so far."""

    stage: Stage | None = None
    candidates: tuple[Candidate, ...] = ()
    text: str = ""


class Progress(Observer):
    """Pass the standing to `tell` when a stage begins, and text at most ten times a second."""

    def __init__(self, tell: Callable[[Standing], None]) -> None:
        self._tell = tell
        self._stage: Stage | None = None
        self._candidates: tuple[Candidate, ...] = ()
        self._text = ""
        self._told: Standing | None = None
        self._next = 0.0

    def on_stage(self, stage: Stage) -> None:
        """Hear that a stage begins."""
        self._stage = stage
        self.finish()

    def on_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Hear what the detector proposed; it is told with the next stage, and the text anew."""
        self._candidates = tuple(candidates)
        self._text = ""

    def on_text(self, piece: str) -> None:
        """Take the next piece of the model's text."""
        self._text += piece
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TEXT_PERIOD_SECONDS
            self.finish()

    def finish(self) -> None:
        """Tell what has not been told yet."""
        standing = Standing(self._stage, self._candidates, self._text)
        if standing != self._told:
            self._told = standing
            self._tell(standing)
