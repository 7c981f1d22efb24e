"""A camera in a bag: at each moment of the clock it has shown what was recorded before."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from rex_thinker_ros.answering.depth import (
    KEPT,
    ON_ITS_WAY_SECONDS,
    DepthTopics,
    DepthView,
    depth_view,
)
from rex_thinker_ros.answering.detections import boxes_of
from rex_thinker_ros.answering.frame import Frame, Wanted
from rex_thinker_ros.answering.sources import Logger
from rex_thinker_ros.apps.replaying.bag import Recorded
from rex_thinker_ros.apps.replaying.playback import Playback
from rex_thinker_ros.apps.replaying.script import CameraTopics
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.stamps import NANOSECONDS, read_stamp, seconds_between


class Topic:
    """Keep the last messages of one topic."""

    def __init__(self, playback: Playback, name: str, kept: int) -> None:
        self.name = name
        self.last: deque[Recorded] = deque(maxlen=kept)
        playback.listen(self._hear)

    def _hear(self, message: Recorded) -> None:
        if message.topic == self.name:
            self.last.append(message)


class BagFrames:
    """Show the images of a topic as the clock goes; waiting for one turns the clock."""

    def __init__(self, playback: Playback, topic: str) -> None:
        self._playback = playback
        self._images = Topic(playback, topic, kept=1)
        self._opened: tuple[Recorded, Any] | None = None

    def latest(self, wanted: Wanted, timeout_seconds: float, cancel: CancelToken) -> Frame:
        """Return the latest image, or the first as wanted within `timeout_seconds` of the bag.

        Raises:
            FrameError: there is none (NO_IMAGE), or only images of another time (STALE_IMAGE).
        """
        deadline = self._playback.now() + int(timeout_seconds * NANOSECONDS)
        while True:
            frame = self._frame()
            if wanted.accepts(frame):
                return frame
            if not self._playback.step(deadline):
                raise wanted.refusal(self._frame())

    def _frame(self) -> Frame | None:
        if not self._images.last:
            return None
        image = self._images.last[0]
        if self._opened is None or self._opened[0] is not image:
            self._opened = image, image.open()
        stamp = _stamp(image)
        return Frame(self._opened[1], seconds_between(stamp, self._playback.now()), stamp)


class BagDepth:
    """Know the last depth images of a bag, and the last camera_info."""

    def __init__(self, playback: Playback, topics: DepthTopics) -> None:
        self._playback = playback
        self._topics = topics
        self._depths = Topic(playback, topics.depth, KEPT)
        self._infos = Topic(playback, topics.camera_info, kept=1)

    def hold(self, stamp_nanoseconds: int) -> None:
        """Turn the clock until the depth of an image has come, ON_ITS_WAY_SECONDS at most.

        Nothing is to be kept: the clock stands still while the models work.
        """
        deadline = self._playback.now() + int(ON_ITS_WAY_SECONDS * NANOSECONDS)
        while all(_stamp(depth) < stamp_nanoseconds for depth in self._depths.last):
            if not self._playback.step(deadline):
                return

    def at(self, stamp_nanoseconds: int, tolerance_seconds: float) -> DepthView:
        """Return the depth whose stamp is nearest, within the tolerance, and the intrinsics.

        Raises:
            DepthError: there is none, or it cannot be used.
        """
        offs = [
            (abs(seconds_between(_stamp(depth), stamp_nanoseconds)), number, depth)
            for number, depth in enumerate(self._depths.last)
        ]
        seconds_off = min(offs)[0] if offs else None
        self._topics.check(seconds_off, tolerance_seconds, has_info=bool(self._infos.last))
        return depth_view(min(offs)[2].open(), self._infos.last[0].open())


class BagCandidates:
    """Know the last detections of a bag."""

    def __init__(self, playback: Playback, topic: str) -> None:
        self.topic = topic
        self._detections = Topic(playback, topic, KEPT)

    def of(self, nanoseconds: int, category: str) -> tuple[Box, ...] | None:
        """Return the boxes, full-image pixels, for the image of this stamp; None if none came."""
        for message in reversed(self._detections.last):
            if read_stamp(message.data) == nanoseconds:
                return boxes_of(message.open().detections, category)
        return None


@dataclass(frozen=True)
class BagCamera:
    """A camera of a bag; fills CameraSource."""

    frames: BagFrames
    logger: Logger
    depth: BagDepth | None = None
    candidates: BagCandidates | None = None


def bag_camera(playback: Playback, topics: CameraTopics, logger: Logger) -> BagCamera:
    """Return the camera of these topics."""
    depth_topics = DepthTopics(topics.depth, topics.camera_info)
    return BagCamera(
        BagFrames(playback, topics.image),
        logger,
        BagDepth(playback, depth_topics) if topics.depth else None,
        BagCandidates(playback, topics.candidates) if topics.candidates else None,
    )


def _stamp(message: Recorded) -> int:
    return read_stamp(message.data) or message.nanoseconds
