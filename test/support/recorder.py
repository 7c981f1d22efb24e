"""An observer that keeps what it hears."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.observer import Observer, Stage


class Recorder(Observer):
    """Keep what is heard; cancel when something is heard for the n-th time."""

    def __init__(
        self, cancel: CancelToken | None = None, cancel_at: object = None, times: int = 1
    ) -> None:
        self.heard: list[object] = []
        self._cancel = cancel
        self._cancel_at = cancel_at
        self._times = times

    def _hear(self, what: object) -> None:
        self.heard.append(what)
        at_hand = what == self._cancel_at and self.heard.count(what) == self._times
        if self._cancel and at_hand:
            self._cancel.cancel()

    def on_stage(self, stage: Stage) -> None:
        self._hear(stage)

    def on_candidates(self, candidates: Sequence[Candidate]) -> None:
        self._hear(tuple(candidates))

    def on_text(self, piece: str) -> None:
        self._hear(piece)
