"""From one request to its result: understand the sentence, look at an image, refer."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.referring.command import CommandParser, InvalidCommandError
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referrer import Observer, Referrer
from rex_thinker_ros.ros.frames import FrameError, Frames
from rex_thinker_ros.ros.image_decoding import Decoder, ImageError
from rex_thinker_ros.ros.requests import Request
from rex_thinker_ros.ros.result import Looked, Result


@dataclass(frozen=True)
class Answering:
    """Answer requests with loaded models on the latest image; the times are in seconds."""

    parser: CommandParser
    referrer: Referrer
    frames: Frames
    decode: Decoder
    max_image_age: float
    image_timeout: float

    def answer(self, request: Request, observer: Observer) -> Result:
        """Return the result of a request; what it could not reach is left out."""
        try:
            command = self.parser.parse(request.sentence)
        except InvalidCommandError as error:
            return Result(request, Outcome.INVALID_COMMAND, str(error))
        try:
            looked = self._look(request)
        except FrameError as error:
            return Result(request, error.outcome, str(error), command)
        except ImageError as error:
            reason = f"The latest image is malformed: {error}."
            return Result(request, Outcome.NO_IMAGE, reason, command)
        referral = self.referrer.refer(looked.image, command, observer, request.cancel)
        decision = referral.decision
        return Result(request, decision.outcome, decision.status_text, command, looked, referral)

    def _look(self, request: Request) -> Looked:
        frame = self.frames.fresh(
            max_age_seconds=self.max_image_age,
            timeout_seconds=self.image_timeout,
            cancel=request.cancel,
        )
        return Looked(self.decode(frame.message), frame.message.header, frame.age_seconds)
