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

        Where the answer is a CONTRADICTION, the checks may want a second reading: the reasoner is
        asked once more, with the candidates in the reverse order, and that answer counts. There is
        none for candidates that others gave, nor for a single one.

        Faults of the models never raise: each becomes a MODEL_ERROR with advice, a UserError's own
        where it is one. An image that no model can see, since it is empty or too narrow, is
        NO_IMAGE before any is asked.
        """
        run = Run(self._detector, self._reasoner, image, command, observer, cancel, self.checks)
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
            contradicted=run.contradicted,
        )


def _advice(error: Exception) -> str:
    """Return a sentence on a model's fault and what to do about it."""
    fault = f"{type(error).__name__}: {error}".strip(": ").split("\n")[0]
    return f"The models failed ({fault}). See the log; if it happens again, restart the node."
