"""Getting the image that a request is decided on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from rex_thinker_ros.answering.frame import Frame, FrameError, Wanted
from rex_thinker_ros.answering.requests import Request
from rex_thinker_ros.answering.result import Looked
from rex_thinker_ros.answering.settings import Settings
from rex_thinker_ros.answering.sources import CandidateSource, ImageSource
from rex_thinker_ros.images.decoding import Decoder
from rex_thinker_ros.images.message import RawImage
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.stamps import seconds_between, stamp_nanoseconds

_POLL_SECONDS = 0.01
_WAITED_FOR = 10  # images, while their candidates are on the way


@dataclass(frozen=True)
class Looking:
    """Look at the image that a sender brought along, or at a camera's; then decode it.

    clock_nanoseconds is the clock of the stamps; waiting is measured in `seconds` and done by
    `sleep`.
    """

    decode: Decoder
    clock_nanoseconds: Callable[[], int]
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep

    def look(self, request: Request, frames: ImageSource, settings: Settings) -> Looked:
        """Return the decoded image.

        Raises:
            FrameError: the camera has none to decide on.
            ImageError: it is malformed.
        """
        query = request.query
        if query.image is not None:
            frame = self._brought(query.image, query.asked_nanoseconds)
        else:
            frame = self._newest(request, frames, settings)
        return self._decoded(frame)

    def look_with_candidates(
        self, request: Request, frames: ImageSource, given: CandidateSource, category: str,
        settings: Settings,
    ) -> tuple[Looked, tuple[Box, ...]]:  # fmt: skip
        """Return the first image from now on that comes with candidates, and these.

        Their detector takes its time and may leave images out: the last few are waited for, as
        long as they are fresh.

        Raises:
            FrameError: the camera has no image, or no candidates came for one (NO_CANDIDATES).
            ImageError: it is malformed.
        """
        deadline = self.seconds() + settings.image_timeout
        last = deque([self._newest(request, frames, settings)], maxlen=_WAITED_FOR)
        while True:
            for frame in last:
                now = replace(frame, age_seconds=self._age(frame.stamp_nanoseconds))
                boxes = given.of(frame.stamp_nanoseconds, category)
                if boxes is not None and Wanted(settings.max_image_age).accepts(now):
                    return self._decoded(now), boxes
            if request.cancel.canceled or self.seconds() >= deadline:
                raise _no_candidates(given.topic, settings)
            self.sleep(_POLL_SECONDS)
            with suppress(FrameError):  # the camera may rest while its candidates come
                newest = self._newest(request, frames, settings, wait=False)
                if newest.stamp_nanoseconds != last[-1].stamp_nanoseconds:
                    last.append(newest)

    def again(self, looked: Looked) -> Looked:
        """Return an image that was looked at before, with the age that it has now."""
        age = self._age(looked.stamp_nanoseconds)
        return replace(looked, age_seconds=age, convert_seconds=None)

    def _newest(
        self, request: Request, frames: ImageSource, settings: Settings, *, wait: bool = True
    ) -> Frame:
        asked = request.query.asked_nanoseconds
        wanted = Wanted(settings.max_image_age, asked if settings.wait_for_image else 0)
        return frames.latest(wanted, settings.image_timeout if wait else 0.0, request.cancel)

    def _age(self, stamp: int) -> float:
        """Return how many seconds ago a stamp in nanoseconds was."""
        return seconds_between(stamp, self.clock_nanoseconds())

    def _brought(self, image: RawImage, came_nanoseconds: int) -> Frame:
        """Make a frame of an image that its sender answers for: of any age."""
        stamp = stamp_nanoseconds(image.header.stamp) or came_nanoseconds
        return Frame(image, self._age(stamp), stamp)

    def _decoded(self, frame: Frame) -> Looked:
        start = time.monotonic()
        image = self.decode(frame.message)
        seconds = time.monotonic() - start
        header = frame.message.header
        return Looked(image, header, frame.age_seconds, frame.stamp_nanoseconds, seconds)


def _no_candidates(topic: str, settings: Settings) -> FrameError:
    return FrameError(
        Outcome.NO_CANDIDATES,
        f"No candidates came on {topic} within {settings.image_timeout:g} s for an image that is "
        "still fresh. Is their detector running and fast enough, and does it keep the images' "
        "stamps?",
    )
