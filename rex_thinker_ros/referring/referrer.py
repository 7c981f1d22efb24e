"""The pipeline from an image and a command to one referral."""

from __future__ import annotations

import logging

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.checks import DEFAULTS, Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import Detector, RgbImage
from rex_thinker_ros.referring.observer import Observer, Stage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.reasoner import Reasoner
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.run import Run
from rex_thinker_ros.referring.task import Task
from rex_thinker_ros.user_error import UserError

_log = logging.getLogger(__name__)


class Referrer:
    """Detect, prompt, reason, parse and decide, with one detector and one reasoner."""

    def __init__(
        self,
        detector: Detector,
        reasoner: Reasoner,
        checks: Checks = DEFAULTS,
    ) -> None:
        self._detector = detector
        self._reasoner = reasoner
        self.checks = checks

    def refer(
        self, image: RgbImage, command: Command, observer: Observer, cancel: CancelToken
    ) -> Referral:
        """Return the one referral for a command on an image of shape (height, width, 3), RGB.

        The reasoner may be asked several times, each time in another view of the image: where its
        answer is not to be trusted, and until two readings agree on what is found. See settled.

        Faults of the models never raise: each becomes a MODEL_ERROR with advice, a UserError's own
        where it is one. An image that no model can see, since it is empty or too narrow, is
        NO_IMAGE before any is asked.
        """
        task = Task(command, image, self._reasoner, self.checks, observer, cancel)
        run = Run(self._detector, task)
        try:
            decision = run.decide()
        except UserError as error:
            decision = run.ended(Outcome.MODEL_ERROR, str(error))
        except Exception as error:  # noqa: BLE001 - whatever a model raises, the command ends
            _log.exception("the models failed on %r", command.sentence)
            decision = run.ended(Outcome.MODEL_ERROR, _advice(error))
        readings, seconds = run.readings, run.clock.seconds
        return Referral(
            command=command,
            decision=decision,
            reasoning=readings.text,
            detection_seconds=seconds[Stage.DETECTING],
            reasoning_seconds=seconds[Stage.REASONING],
            model=f"{self._detector.name} + {self._reasoner.name}",
            first_token_seconds=readings.first_token_seconds,
            tokens=sum(reading.completion.tokens for reading in readings.done),
            decision_seconds=seconds[Stage.DECIDING],
            readings=tuple(readings.done),
            counted=readings.counted,
        )


def _advice(error: Exception) -> str:
    """Return a sentence on a model's fault and what to do about it."""
    fault = f"{type(error).__name__}: {error}".strip(": ").split("\n")[0]
    return f"The models failed ({fault}). See the log; if it happens again, restart the node."
