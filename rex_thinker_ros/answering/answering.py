"""From one request to its result: understand the sentence, look at an image, refer."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rex_thinker_ros.answering.conversation import Conversation, Reply
from rex_thinker_ros.answering.frame import FrameError
from rex_thinker_ros.answering.looking import Looking
from rex_thinker_ros.answering.picking import pick_points
from rex_thinker_ros.answering.requests import Request
from rex_thinker_ros.answering.result import Looked, Result
from rex_thinker_ros.answering.settings import Settings
from rex_thinker_ros.answering.sources import CameraSource
from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.models.external import ExternalBoxError, ExternalDetector
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command, CommandParser, InvalidCommandError
from rex_thinker_ros.referring.detector import Detector
from rex_thinker_ros.referring.dialogue import settle
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.reasoner import Reasoner
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Models:
    """What understands sentences and images."""

    parser: CommandParser
    detector: Detector
    reasoner: Reasoner


@dataclass(frozen=True)
class Answering:
    """Answer requests with loaded models; `settings` are asked for at each request."""

    models: Models
    cameras: Mapping[str, CameraSource]
    looking: Looking
    settings: Callable[[], Settings]
    conversation: Conversation = field(default_factory=Conversation)

    def answer(self, request: Request, observer: Observer) -> Result:
        """Return the result of a request; what it could not reach is left out."""
        settings = self.settings()
        camera = self.cameras.get(request.query.camera)
        if camera is None:
            return Result(request, Outcome.INVALID_COMMAND, self._no_camera(request.query.camera))
        reply = self.conversation.reply(request.query)
        if reply:
            return self._answer_reply(request, reply, camera, settings, observer)
        return self._answer_command(request, camera, settings, observer)

    def remember(self, result: Result) -> None:
        """Take notice of the result that a request really had, for what is said next."""
        now = self.looking.clock_nanoseconds()
        self.conversation.remember(result, self.settings().dialogue_timeout, now)

    def forget(self) -> None:
        """Forget the open question, if there is one."""
        self.conversation.clear()

    def _answer_command(
        self, request: Request, camera: CameraSource, settings: Settings, observer: Observer
    ) -> Result:
        query = request.query
        try:
            command = self.models.parser.parse(query.sentence, query.category or None)
        except InvalidCommandError as error:
            return Result(request, Outcome.INVALID_COMMAND, str(error))
        try:
            looked, boxes = self._look(request, camera, settings, command)
        except FrameError as error:
            return Result(request, error.outcome, str(error), command)
        except ImageError as error:
            reason = f"The image is malformed: {error}."
            return Result(request, Outcome.NO_IMAGE, reason, command)
        if camera.depth:
            camera.depth.hold(looked.stamp_nanoseconds)
        detector = self.models.detector
        try:
            if boxes is not None:
                detector = ExternalDetector(boxes, looked.size)
        except ExternalBoxError as error:
            return Result(request, Outcome.INVALID_COMMAND, str(error), command, looked)
        referrer = self._referrer(detector, settings)
        referral = referrer.refer(looked.image, command, observer, request.cancel)
        return _result(request, camera, settings, looked, referral)

    def _look(
        self, request: Request, camera: CameraSource, settings: Settings, command: Command
    ) -> tuple[Looked, tuple[Box, ...] | None]:
        """Return the image, and candidates in full-image pixels if others than us give them."""
        query = request.query
        if query.boxes or query.image is not None or camera.candidates is None:
            looked = self.looking.look(request, camera.frames, settings)
            return looked, query.boxes or None
        looked, boxes = self.looking.look_with_candidates(
            request, camera.frames, camera.candidates, command.category, settings
        )
        return looked, _visible(boxes, looked.size)

    def _answer_reply(
        self, request: Request, reply: Reply, camera: CameraSource, settings: Settings,
        observer: Observer,
    ) -> Result:  # fmt: skip
        looked = self.looking.again(reply.looked)
        boxes = [candidate.box for candidate in reply.offer.referral.decision.candidates]
        referrer = self._referrer(ExternalDetector(boxes, looked.size), settings)
        referral = settle(
            reply.offer, reply.answer, referrer, looked.image, observer, request.cancel
        )
        result = _result(request, camera, settings, looked, referral)
        return replace(result, answers=reply.question_id)

    def _referrer(self, detector: Detector, settings: Settings) -> Referrer:
        checks = Checks(
            settings.verify_order, settings.min_confidence, settings.max_readings, settings.confirm
        )
        return Referrer(detector, self.models.reasoner, checks)

    def _no_camera(self, name: str) -> str:
        names = ", ".join(filter(None, self.cameras)) or "one camera without a name"
        return f"There is no camera '{name}'. The node has {names}."


def _result(
    request: Request, camera: CameraSource, settings: Settings, looked: Looked, referral: Referral
) -> Result:
    decision = referral.decision
    points = pick_points(camera, looked, decision, settings)
    return Result(
        request, decision.outcome, decision.status_text, referral.command, looked, referral, points
    )


def _visible(boxes: Sequence[Box], size: Size) -> tuple[Box, ...]:
    """Return the boxes of which the image shows a pixel: other detectors draw beyond its edges."""
    clipped = [(box, box.clipped(size)) for box in boxes]
    return tuple(box for box, part in clipped if part.width >= 1 and part.height >= 1)


def failed(request: Request, error: Exception) -> Result:
    """Return the result of a request that ended in an error, which is logged."""
    # as text: who keeps the error keeps everything that its stack held
    text = "".join(traceback.format_exception(error))
    _log.error("failed on %r\n%s", request.query.sentence, text)
    fault = f"{type(error).__name__}: {error}"
    return Result(request, Outcome.MODEL_ERROR, f"The node failed ({fault}). See its log.")
