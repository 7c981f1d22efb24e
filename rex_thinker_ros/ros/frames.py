"""The latest image and its age; a frame that nobody asks about stays as it came."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.image_decoding import ImageError

NANOSECONDS = 1_000_000_000
_CANCEL_POLL_SECONDS = 0.05


class FrameError(Exception):
    """There is no image to decide on; `outcome` is the refusal, the text says why."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


@dataclass(frozen=True)
class Frame:
    """One received image message and its age in seconds on the node's clock."""

    message: Image | CompressedImage
    age_seconds: float


@dataclass(frozen=True)
class _Received:
    data: bytes
    clock_nanoseconds: int


class Frames:
    """Keep the newest serialized image, from any thread."""

    def __init__(
        self,
        message_type: type[Image | CompressedImage],
        clock_nanoseconds: Callable[[], int],
        warn: Callable[[str], object],
    ) -> None:
        self._message_type = message_type
        self._clock_nanoseconds = clock_nanoseconds
        self._warn = warn
        self._warned_about_stamps = False
        self._changed = threading.Condition()
        self._latest: _Received | None = None
        self._received_monotonic = 0.0
        self.count = 0

    def receive(self, data: bytes) -> None:
        """Take a serialized message in place of the one before."""
        with self._changed:
            self._latest = _Received(data, self._clock_nanoseconds())
            self._received_monotonic = time.monotonic()
            self.count += 1
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget the latest image; the count goes on."""
        with self._changed:
            self._latest = None

    def seconds_since_last(self) -> float | None:
        """Return how long ago the latest image came, in seconds; None before the first."""
        with self._changed:
            return time.monotonic() - self._received_monotonic if self._latest else None

    def fresh(
        self, *, max_age_seconds: float, timeout_seconds: float, cancel: CancelToken
    ) -> Frame:
        """Return the latest image, after waiting up to `timeout_seconds` for a fresh one.

        A `max_age_seconds` of 0 accepts any age.

        Raises:
            FrameError: no image came (NO_IMAGE), or only images of another time (STALE_IMAGE).
            ImageError: the latest message cannot be deserialized.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            received = self._latest
            frame = self._open(received) if received else None
            if frame and (not max_age_seconds or abs(frame.age_seconds) <= max_age_seconds):
                return frame
            if cancel.canceled or not self._wait_for_other_than(received, deadline, cancel):
                raise _refusal(frame, max_age_seconds)

    def _open(self, received: _Received) -> Frame:
        try:
            message = deserialize_message(received.data, self._message_type)
        except Exception as error:  # each middleware raises errors of its own
            raise ImageError(f"it cannot be deserialized ({error})") from error
        stamp = message.header.stamp.sec * NANOSECONDS + message.header.stamp.nanosec
        if stamp == 0:
            self._warn_about_stamps()
            stamp = received.clock_nanoseconds
        return Frame(message, (self._clock_nanoseconds() - stamp) / NANOSECONDS)

    def _wait_for_other_than(
        self, received: _Received | None, deadline: float, cancel: CancelToken
    ) -> bool:
        with self._changed:
            while self._latest is received and not cancel.canceled:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, _CANCEL_POLL_SECONDS))
            return not cancel.canceled

    def _warn_about_stamps(self) -> None:
        if not self._warned_about_stamps:
            self._warned_about_stamps = True
            self._warn("The images carry no stamp: the time of their reception is taken instead.")


def _refusal(frame: Frame | None, max_age_seconds: float) -> FrameError:
    if frame is None:
        return FrameError(Outcome.NO_IMAGE, "No image has been received. Is the camera running?")
    if frame.age_seconds < 0:
        return FrameError(
            Outcome.STALE_IMAGE,
            f"The latest image is stamped {-frame.age_seconds:.1f} s ahead of the node's clock. "
            "Synchronise the clocks, or check use_sim_time.",
        )
    return FrameError(
        Outcome.STALE_IMAGE,
        f"The latest image is {frame.age_seconds:.1f} s old, more than {max_age_seconds:g} s. "
        "Is the camera still running?",
    )
