"""The latest image and its age; a frame that nobody asks about stays as it came."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.answering.frame import Frame, Wanted
from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.ros.lazy_subscription import Taken
from rex_thinker_ros.stamps import NANOSECONDS, read_stamp, seconds_between, stamp_nanoseconds

_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class _Received:
    data: bytes
    clock_nanoseconds: int


class Frames:
    """Know the newest serialized image of those that `take` gives, from any thread."""

    def __init__(
        self,
        message_type: type[Image | CompressedImage],
        take: Callable[[], Taken | None],
        clock_nanoseconds: Callable[[], int],
        warn: Callable[[str], object],
    ) -> None:
        self._message_type = message_type
        self._take = take
        self._clock_nanoseconds = clock_nanoseconds
        self._warn = warn
        self._warned_about_stamps = False
        self._lock = threading.Lock()
        self._latest: _Received | None = None
        self._opened: tuple[_Received, Image | CompressedImage] | None = None
        self._received_monotonic = 0.0
        self._sequence = 0
        self._count = 0

    def clear(self) -> None:
        """Forget the latest image; the count goes on."""
        self._refresh()
        with self._lock:
            self._latest = self._opened = None

    def count(self) -> int:
        """Return how many images came, those included that nobody looked at."""
        self._refresh()
        return self._count

    def seconds_since_last(self) -> float | None:
        """Return how long ago the latest image came, in seconds; None before the first."""
        if self._refresh() is None:
            return None
        return time.monotonic() - self._received_monotonic

    def age_seconds(self) -> float | None:
        """Return the age of the latest image by its stamp; None before the first."""
        latest = self._refresh()
        if latest is None:
            return None
        stamp = read_stamp(latest.data) or latest.clock_nanoseconds
        return seconds_between(stamp, self._clock_nanoseconds())

    def _refresh(self) -> _Received | None:
        """Take what came meanwhile, and return the latest."""
        with self._lock:
            while taken := self._take():
                came = self._clock_nanoseconds() - int(taken.seconds_ago * NANOSECONDS)
                self._latest = _Received(taken.data, came)
                self._received_monotonic = time.monotonic() - taken.seconds_ago
                # the publisher counts on; a lower number is that of another publisher
                self._count += max(1, taken.sequence - self._sequence) if self._sequence else 1
                self._sequence = taken.sequence
            return self._latest

    def latest(self, wanted: Wanted, timeout_seconds: float, cancel: CancelToken) -> Frame:
        """Return the latest image, after waiting up to `timeout_seconds` for one as wanted.

        Raises:
            FrameError: no image came (NO_IMAGE), or only images of another time (STALE_IMAGE).
            ImageError: the latest message cannot be deserialized.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            received = self._refresh()
            frame = self._open(received) if received else None
            if wanted.accepts(frame):
                return frame
            if cancel.canceled or not self._wait_for_other_than(received, deadline, cancel):
                # its age is that of now, after the wait
                raise wanted.refusal(self._open(received) if received else None)

    def _open(self, received: _Received) -> Frame:
        opened = self._opened
        if opened is None or opened[0] is not received:
            opened = self._opened = received, self._deserialized(received.data)
        message = opened[1]
        stamp = stamp_nanoseconds(message.header.stamp)
        if stamp == 0:
            self._warn_about_stamps()
            stamp = received.clock_nanoseconds
        return Frame(message, seconds_between(stamp, self._clock_nanoseconds()), stamp)

    def _deserialized(self, data: bytes) -> Image | CompressedImage:
        try:
            return deserialize_message(data, self._message_type)
        except Exception as error:  # each middleware raises errors of its own
            raise ImageError(f"it cannot be deserialized ({error})") from error

    def _wait_for_other_than(
        self, received: _Received | None, deadline: float, cancel: CancelToken
    ) -> bool:
        while self._refresh() is received:
            if cancel.canceled or time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _warn_about_stamps(self) -> None:
        if not self._warned_about_stamps:
            self._warned_about_stamps = True
            self._warn("The images carry no stamp: the time of their reception is taken instead.")
