"""Getting the image that a request is decided on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.frames import Frame, FrameError, Frames
from rex_thinker_ros.ros.given_candidates import GivenCandidates
from rex_thinker_ros.ros.image_decoding import Decoder
from rex_thinker_ros.ros.parameters import Parameters
from rex_thinker_ros.ros.requests import Request
from rex_thinker_ros.ros.result import Looked
from rex_thinker_ros.stamps import seconds_between, stamp_nanoseconds

_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Looking:
    """Look at the image that a sender brought along, or at a camera's; then decode it."""

    decode: Decoder
    clock_nanoseconds: Callable[[], int]

    def look(self, request: Request, frames: Frames, settings: Parameters) -> Looked:
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
        self, request: Request, frames: Frames, given: GivenCandidates, category: str,
        settings: Parameters,
    ) -> tuple[Looked, tuple[Box, ...]]:  # fmt: skip
        """Return the first image from now on that comes with candidates, and these.

        Their detector takes its time and may leave images out: all that come are waited for.

        Raises:
            FrameError: the camera has no image, or no candidates came for one (NO_CANDIDATES).
            ImageError: it is malformed.
        """
        deadline = time.monotonic() + settings.image_timeout
        seen: dict[int, Frame] = {}
        while True:
            frame = self._newest(request, frames, settings)
            seen[frame.stamp_nanoseconds] = frame
            for stamp, candidate_frame in seen.items():
                boxes = given.of(stamp, category)
                if boxes is not None:
                    return self._decoded(candidate_frame), boxes
            if request.cancel.canceled or time.monotonic() >= deadline:
                raise FrameError(
                    Outcome.NO_CANDIDATES,
                    f"No candidates came on {given.topic} for {len(seen)} images within "
                    f"{settings.image_timeout:g} s. Is their detector running, and does it keep "
                    "the images' stamps?",
                )
            time.sleep(_POLL_SECONDS)

    def again(self, looked: Looked) -> Looked:
        """Return an image that was looked at before, with the age that it has now."""
        age = seconds_between(looked.stamp_nanoseconds, self.clock_nanoseconds())
        return replace(looked, age_seconds=age, convert_seconds=0.0)

    def _newest(self, request: Request, frames: Frames, settings: Parameters) -> Frame:
        asked = request.query.asked_nanoseconds
        return frames.fresh(
            max_age_seconds=settings.max_image_age,
            timeout_seconds=settings.image_timeout,
            cancel=request.cancel,
            not_before_nanoseconds=asked if settings.wait_for_image else 0,
        )

    def _brought(self, image: Image | CompressedImage, came_nanoseconds: int) -> Frame:
        """Make a frame of an image that its sender answers for: of any age."""
        stamp = stamp_nanoseconds(image.header.stamp) or came_nanoseconds
        return Frame(image, seconds_between(stamp, self.clock_nanoseconds()), stamp)

    def _decoded(self, frame: Frame) -> Looked:
        start = time.monotonic()
        image = self.decode(frame.message)
        seconds = time.monotonic() - start
        header = frame.message.header
        return Looked(image, header, frame.age_seconds, frame.stamp_nanoseconds, seconds)
