"""The pipeline from an image and a command to one referral."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from rex_thinker_ros.referring.answer import (
    TruncatedAnswerError,
    UnparsableAnswerError,
    parse_answer,
)
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.confidence import deciding_margin
from rex_thinker_ros.referring.decision import Decision, decide, require_confidence
from rex_thinker_ros.referring.detector import Detector, RgbImage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import Prompt, build_prompt, smart_resize
from rex_thinker_ros.referring.reasoner import Completion, LooksAhead, Reasoner, StopReason
from rex_thinker_ros.user_error import UserError

_log = logging.getLogger(__name__)


class Stage(Enum):
    """Name what the referrer is doing."""

    DETECTING = "detecting"
    REASONING = "reasoning"
    DECIDING = "deciding"


class Observer:
    """Watch a referral; override what is of interest. Called on the referrer's thread."""

    def on_stage(self, stage: Stage) -> None:
        """Hear that a stage begins."""

    def on_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Hear what the detector proposed, before any verdict."""

    def on_text(self, piece: str) -> None:
        """Hear the next piece of the model's text."""


@dataclass(frozen=True, slots=True)
class Referral:
    """Hold the one result of a command.

    reasoning is the model's whole text, as far as it came. The durations are wall-clock seconds, 0
    for a stage that was not reached; first_token_seconds runs from the start of the reasoning to
    its first piece of text, None if none came. tokens counts those of the completion, 0 without
    one.
    """

    command: Command
    decision: Decision
    reasoning: str
    detection_seconds: float
    reasoning_seconds: float
    model: str
    first_token_seconds: float | None = None
    tokens: int = 0
    decision_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Checks:
    """Say which checks of a decision are on: see decide and require_confidence."""

    verify_order: bool = True
    min_confidence: float = 0.0


class Referrer:
    """Detect, prompt, reason, parse and decide, with one detector and one reasoner."""

    def __init__(
        self,
        detector: Detector,
        reasoner: Reasoner,
        checks: Checks = Checks(),
    ) -> None:
        self._detector = detector
        self._reasoner = reasoner
        self.checks = checks

    def refer(
        self, image: RgbImage, command: Command, observer: Observer, cancel: CancelToken
    ) -> Referral:
        """Return the one referral for a command on an image of shape (height, width, 3), RGB.

        Faults of the models never raise: each becomes a MODEL_ERROR with advice, a UserError's own
        where it is one. An image that no model can see, since it is empty or too narrow, is
        NO_IMAGE before any is asked.
        """
        run = _Run(self._detector, self._reasoner, image, command, observer, cancel, self.checks)
        try:
            decision = run.decide()
        except UserError as error:
            decision = run.ended(Outcome.MODEL_ERROR, str(error))
        except Exception as error:  # noqa: BLE001 - whatever a model raises, the command ends
            _log.exception("the models failed on %r", command.sentence)
            decision = run.ended(Outcome.MODEL_ERROR, _advice(error))
        return Referral(
            command=command,
            decision=decision,
            reasoning=run.text,
            detection_seconds=run.seconds[Stage.DETECTING],
            reasoning_seconds=run.seconds[Stage.REASONING],
            model=f"{self._detector.name} + {self._reasoner.name}",
            first_token_seconds=run.first_token_seconds,
            tokens=run.tokens,
            decision_seconds=run.seconds[Stage.DECIDING],
        )


class _Run:
    """One command's way through the stages, and how far it came."""

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
            self._candidates = tuple(self._detector.detect(self._image, self._command.category))
        if self._is_canceled():
            return self._canceled()
        self._observer.on_candidates(self._candidates)
        if not self._candidates:
            return self.ended(
                Outcome.NO_CANDIDATES,
                f"No {self._command.category} in view. Move the camera or name another object.",
            )
        return self._reason(image_size)

    def _reason(self, image_size: Size) -> Decision:
        prompt = build_prompt(
            expression=self._command.expression,
            category=self._command.category,
            candidates=self._candidates,
            image_size=image_size,
            bounds=self._reasoner.bounds,
        )
        with self._stage(Stage.REASONING):
            completion = self._reasoner.reason(self._image, prompt, self._on_text, self._cancel)
        self.text, self.tokens = completion.text, completion.tokens
        if completion.stop is StopReason.CANCELED or self._is_canceled():
            return self._canceled()
        if completion.stop is StopReason.TIME_BUDGET:
            return self.ended(
                Outcome.TIMEOUT,
                f"The time for reasoning ran out after {completion.tokens} tokens. "
                "Allow more seconds or use a faster model.",
            )
        with self._stage(Stage.DECIDING):
            return self._judge(completion, prompt, image_size)

    def _judge(self, completion: Completion, prompt: Prompt, image_size: Size) -> Decision:
        try:
            answer = parse_answer(
                completion.text, complete=completion.stop is StopReason.END, resized=prompt.resized
            )
        except TruncatedAnswerError:
            return self.ended(
                Outcome.TRUNCATED,
                f"The answer was cut off after {completion.tokens} tokens. Allow more tokens.",
            )
        except UnparsableAnswerError as error:
            return self.ended(
                Outcome.UNPARSABLE, f"Not trusted: {error}. Try again or say it differently."
            )
        decision = decide(
            self._command, self._candidates, answer, image_size=image_size,
            resized=prompt.resized, verify_order=self._checks.verify_order,
        )  # fmt: skip
        confidence = deciding_margin(completion.text, completion.margins)
        return require_confidence(decision, confidence, self._checks.min_confidence)

    def ended(self, outcome: Outcome, status_text: str) -> Decision:
        """Return a decision without boxes."""
        return Decision(outcome, status_text, candidates=self._candidates)

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
            self.seconds[stage] = time.monotonic() - self._stage_start


def _advice(error: Exception) -> str:
    """Return a sentence on a model's fault and what to do about it."""
    fault = f"{type(error).__name__}: {error}".strip(": ").split("\n")[0]
    return f"The models failed ({fault}). See the log; if it happens again, restart the node."
