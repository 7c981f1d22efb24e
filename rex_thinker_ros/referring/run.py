"""One command's way through the stages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate, in_reverse
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.detector import Detector, RgbImage
from rex_thinker_ros.referring.judging import judge_completion
from rex_thinker_ros.referring.observer import Observer, Stage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import Prompt, build_prompt, smart_resize
from rex_thinker_ros.referring.reasoner import (
    Completion,
    LooksAhead,
    Reasoner,
    Remembers,
    StopReason,
)


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
        self._checks = checks
        self._candidates: tuple[Candidate, ...] = ()
        self._completion: Completion | None = None
        self.contradicted: Completion | None = None
        self.text = ""
        self.tokens = 0
        self.seconds = dict.fromkeys(Stage, 0.0)
        self.first_token_seconds: float | None = None
        self._stage_start = 0.0

    def decide(self) -> Decision:
        """Go through the stages; an exception here is a fault of the models."""
        if self._is_canceled():
            return self._canceled()
        height, width = self._image.shape[:2]
        try:
            image_size = Size(width, height)
            smart_resize(image_size, self._reasoner.bounds)
        except ValueError as error:
            return self.ended(
                Outcome.NO_IMAGE, f"Not examined: {error}. Send an image of another shape."
            )
        if isinstance(self._reasoner, LooksAhead):
            self._reasoner.look_ahead(self._image)
        with self._stage(Stage.DETECTING):
            candidates = self._detector.detect(self._image, self._command.category)
        if self._is_canceled():
            return self._canceled()
        if not candidates:
            self._propose(())
            return self.ended(
                Outcome.NO_CANDIDATES,
                f"No {self._command.category} in view. Move the camera or name another object.",
            )
        decision = self._read(candidates, image_size)
        if decision.outcome is Outcome.CONTRADICTION and self._checks.second_reading:
            return self._read_again(decision, in_reverse(candidates), image_size)
        return decision

    def _read_again(
        self, decision: Decision, candidates: Sequence[Candidate], image_size: Size
    ) -> Decision:
        """Read a second time, unless there is no other order or somebody knows the numbers."""
        if len(candidates) == 1 or self._detector.given:
            return decision
        prompt = self._prompt(candidates, image_size)
        if isinstance(self._reasoner, Remembers) and not self._reasoner.knows(self._image, prompt):
            return decision
        self.contradicted, self.text = self._completion, ""
        decision = self._read(candidates, image_size)
        text = f"{decision.status_text} A first reading contradicted itself."
        return replace(decision, status_text=text)

    def _read(self, candidates: Sequence[Candidate], image_size: Size) -> Decision:
        """Put candidates to the reasoner, and judge what it says."""
        self._propose(candidates)
        prompt = self._prompt(candidates, image_size)
        with self._stage(Stage.REASONING):
            completion = self._reasoner.reason(self._image, prompt, self._on_text, self._cancel)
        self._completion, self.text = completion, completion.text
        self.tokens += completion.tokens
        if completion.stop is StopReason.CANCELED or self._is_canceled():
            return self._canceled()
        if completion.stop is StopReason.TIME_BUDGET:
            return self.ended(
                Outcome.TIMEOUT,
                f"The time for reasoning ran out after {completion.tokens} tokens. "
                "Allow more seconds or use a faster model.",
            )
        with self._stage(Stage.DECIDING):
            return judge_completion(
                completion, prompt, command=self._command, candidates=self._candidates,
                image_size=image_size, checks=self._checks,
            )  # fmt: skip

    def _prompt(self, candidates: Sequence[Candidate], image_size: Size) -> Prompt:
        return build_prompt(
            expression=self._command.expression,
            category=self._command.category,
            candidates=candidates,
            image_size=image_size,
            bounds=self._reasoner.bounds,
        )

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

    def _on_text(self, piece: str) -> None:
        if self.first_token_seconds is None:
            self.first_token_seconds = time.monotonic() - self._stage_start
        self.text += piece
        self._observer.on_text(piece)

    @contextmanager
    def _stage(self, stage: Stage) -> Iterator[None]:
        self._observer.on_stage(stage)
        self._stage_start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] += time.monotonic() - self._stage_start
