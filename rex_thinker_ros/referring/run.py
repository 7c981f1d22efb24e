"""One command's way through the stages."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.decision import Decision, canceled
from rex_thinker_ros.referring.detector import Detector
from rex_thinker_ros.referring.observer import Stage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import smart_resize
from rex_thinker_ros.referring.readings import Readings
from rex_thinker_ros.referring.reasoner import LooksAhead
from rex_thinker_ros.referring.stage_clock import StageClock
from rex_thinker_ros.referring.task import Task


class Run:
    """Lead one command through the stages, and keep how far it came."""

    def __init__(self, detector: Detector, task: Task) -> None:
        self._detector = detector
        self._task = task
        self._candidates: tuple[Candidate, ...] = ()
        self.clock = StageClock(task.observer)
        self.readings = Readings(task, self.clock)

    def decide(self) -> Decision:
        """Go through the stages; an exception here is a fault of the models."""
        task = self._task
        if self._is_canceled():
            return canceled(self._candidates)
        height, width = task.image.shape[:2]
        try:
            smart_resize(Size(width, height), task.reasoner.bounds)
        except ValueError as error:
            return self.ended(
                Outcome.NO_IMAGE, f"Not examined: {error}. Send an image of another shape."
            )
        if isinstance(task.reasoner, LooksAhead):
            task.reasoner.look_ahead(task.image)
        with self.clock.stage(Stage.DETECTING):
            candidates = self._detector.detect(task.image, task.command.category)
        if self._is_canceled():
            return canceled(self._candidates)
        self._propose(candidates)
        if not candidates:
            return self.ended(
                Outcome.NO_CANDIDATES,
                f"No {task.command.category} in view. Move the camera or name another object.",
            )
        return self.readings.decide(candidates, keep_order=self._detector.given)

    def ended(self, outcome: Outcome, status_text: str) -> Decision:
        """Return a decision without boxes."""
        return Decision(outcome, status_text, candidates=self._candidates)

    def _propose(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = tuple(candidates)
        self._task.observer.on_candidates(self._candidates)

    def _is_canceled(self) -> bool:
        return self._task.cancel.canceled
