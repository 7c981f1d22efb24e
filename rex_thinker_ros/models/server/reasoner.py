"""The reasoner on another computer: any OpenAI-compatible server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.server.connection import Address, Exchange
from rex_thinker_ros.models.server.error import ServerAwayError, ServerError
from rex_thinker_ros.models.server.request import image_url, request
from rex_thinker_ros.models.server.stop_clock import StopClock
from rex_thinker_ros.models.server.stream import Transcript, parse_event
from rex_thinker_ros.referring.answer import is_over
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt, smart_resize
from rex_thinker_ros.referring.reasoner import Completion, StopReason

_POLL_SECONDS = 0.02
_RETRY_PAUSES = (0.25, 1.0)
_FINISHES = {"stop": StopReason.END, "length": StopReason.TOKEN_BUDGET}


@dataclass(frozen=True, slots=True)
class Patience:
    """Say after how many seconds of silence the server counts as hanging."""

    first_token: float = 30.0
    between_tokens: float = 15.0


class ServerReasoner:
    """Answer prompts greedily through a server; for one thread at a time."""

    def __init__(
        self, address: Address, model: str, profile: Profile, patience: Patience = Patience()
    ) -> None:
        """Ask for a model by the name under which the server has it; nothing is sent yet."""
        self.name = f"{model} on {address.host}"
        self._address = address
        self._model = model
        self._profile = profile
        self._patience = patience
        self._gives_leads = True

    @property
    def bounds(self) -> PixelBounds:
        """Return the pixel bounds that prompts must be built with."""
        return self._profile.bounds

    def reason(
        self, image: RgbImage, prompt: Prompt, on_text: Callable[[str], None], cancel: CancelToken
    ) -> Completion:
        """Stream the answer; a cancel or the end of a budget closes the stream within moments.

        on_text runs in this thread.

        Raises:
            ServerError: the server is not there, hangs, refuses, breaks off or sends what is no
                answer; before the first token it was tried again where that may help.
            ValueError: the prompt was built for other bounds.
        """
        clock = StopClock(self._profile.max_seconds, cancel)
        height, width = image.shape[:2]
        if prompt.resized != smart_resize(Size(width, height), self.bounds):
            raise ValueError("build the prompt with the reasoner's bounds")
        transcript = Transcript(on_text)
        url = image_url(image, prompt.resized, self._profile.server_image)
        pauses = iter(_RETRY_PAUSES)
        while not (stop := clock.stop):
            try:
                stop = self._ask(prompt, url, transcript, clock)
                break
            except ServerAwayError as error:
                if transcript.tokens:
                    raise ServerError(
                        f"The server {self._address} broke off after {transcript.tokens} tokens: "
                        "see its log, then give the command again."
                    ) from error
                pause = next(pauses, None)
                if pause is None:
                    raise
                clock.sleep(pause)
            except ServerError as error:
                refuses_leads = self._gives_leads and "logprobs" in str(error)
                if transcript.tokens or not refuses_leads:
                    raise
                self._gives_leads = False
        return transcript.completion(stop)

    def _ask(
        self, prompt: Prompt, url: str, transcript: Transcript, clock: StopClock
    ) -> StopReason:
        body = request(
            prompt, url, model=self._model, max_tokens=self._profile.max_new_tokens,
            leads=self._gives_leads,
        )  # fmt: skip
        exchange = Exchange(self._address, "/v1/chat/completions", json.dumps(body).encode())
        try:
            return self._follow(exchange, transcript, clock)
        finally:
            exchange.close()

    def _follow(self, exchange: Exchange, transcript: Transcript, clock: StopClock) -> StopReason:
        heard = time.monotonic()
        while not (stop := clock.stop):
            line = exchange.line(_POLL_SECONDS)
            if line == b"":
                raise ServerAwayError(f"The server {self._address} ended without an answer.")
            delta = parse_event(line) if line else None
            if delta is None or not delta.tokens:
                self._require_life(time.monotonic() - heard, started=transcript.tokens > 0)
            else:
                heard = time.monotonic()
            if delta is None:
                continue
            transcript.add(delta)
            # what follows an answer is of no use, though the model may not know it
            if is_over(transcript.text):
                return StopReason.END
            if delta.finish:
                return self._finished(delta.finish)
        return stop

    def _require_life(self, silence: float, *, started: bool) -> None:
        allowed = self._patience.between_tokens if started else self._patience.first_token
        if silence >= allowed:
            raise ServerError(
                f"The server {self._address} gave no token in {allowed:g} s: it hangs or has too "
                "much to do; see its log."
            )

    def _finished(self, finish: str) -> StopReason:
        if finish not in _FINISHES:
            raise ServerError(
                f"The server {self._address} gave up on the answer ({finish}): see its log, then "
                "give the command again."
            )
        return _FINISHES[finish]
