"""One command's way through the stages."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.detector import Detector, RgbImage
from rex_thinker_ros.referring.observer import Observer, Stage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import smart_resize
from rex_thinker_ros.referring.readings import Readings
from rex_thinker_ros.referring.reasoner import LooksAhead, Reasoner
from rex_thinker_ros.referring.stage_clock import StageClock


class Run:
    """Lead one command through the stages, and keep how far it came."""

    def __init__(
        self,
        detector: Detector,
        reasoner: Reasoner,
        image: RgbImage,
        command: Command,
        observer: Observer,
        cancel: CancelToken,
        checks: Checks,
    ) -> None:
        self._detector = detector
        self._reasoner = reasoner
        self._image = image
        self._command = command
        self._observer = observer
        self._cancel = cancel
        self._candidates: tuple[Candidate, ...] = ()
        self.clock = StageClock(observer)
        self.readings = Readings(reasoner, image, command, observer, cancel, checks, self.clock)

    def decide(self) -> Decision:
        """Go through the stages; an exception here is a fault of the models."""
        if self._is_canceled():
            return self._canceled()
        height, width = self._image.shape[:2]
        try:
            smart_resize(Size(width, height), self._reasoner.bounds)
        except ValueError as error:
            return self.ended(
                Outcome.NO_IMAGE, f"Not examined: {error}. Send an image of another shape."
            )
        if isinstance(self._reasoner, LooksAhead):
            self._reasoner.look_ahead(self._image)
        with self.clock.stage(Stage.DETECTING):
            candidates = self._detector.detect(self._image, self._command.category)
        if self._is_canceled():
            return self._canceled()
        self._propose(candidates)
        if not candidates:
            return self.ended(
                Outcome.NO_CANDIDATES,
                f"No {self._command.category} in view. Move the camera or name another object.",
            )
        return self.readings.decide(candidates, keep_order=self._detector.given)

    def ended(self, outcome: Outcome, status_text: str) -> Decision:
        """Return a decision without boxes."""
        return Decision(outcome, status_text, candidates=self._candidates)

    def _propose(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = tuple(candidates)
        self._observer.on_candidates(self._candidates)

    def _is_canceled(self) -> bool:
        return self._cancel.canceled

    def _canceled(self) -> Decision:
        return self.ended(Outcome.CANCELED, "The command was canceled before its decision.")
