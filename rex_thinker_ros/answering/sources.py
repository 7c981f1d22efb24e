"""Where images, depth and candidates come from: a camera on the robot, or one in a bag."""

from __future__ import annotations

from typing import Protocol

from rex_thinker_ros.answering.depth import DepthView
from rex_thinker_ros.answering.frame import Frame, Wanted
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.cancel import CancelToken


class ImageSource(Protocol):
    """What the latest image is asked of."""

    def latest(self, wanted: Wanted, timeout_seconds: float, cancel: CancelToken) -> Frame:
        """Return the latest image, after waiting up to `timeout_seconds` for one as wanted.

        Raises:
            FrameError: no image came (NO_IMAGE), or only images of another time (STALE_IMAGE).
            ImageError: the latest message cannot be deserialized.
        """


class CandidateSource(Protocol):
    """What another detector's candidates are asked of; `topic` is where they come from."""

    topic: str

    def of(self, nanoseconds: int, category: str) -> tuple[Box, ...] | None:
        """Return the boxes, full-image pixels, for the image of this stamp; None if none came."""


class DepthSource(Protocol):
    """What depth is asked of."""

    def hold(self, stamp_nanoseconds: int) -> None:
        """Keep the depth nearest to a stamp until the next call, however much comes later."""

    def at(self, stamp_nanoseconds: int, tolerance_seconds: float) -> DepthView:
        """Return the depth whose stamp is nearest, within the tolerance, and the intrinsics.

        Raises:
            DepthError: there is none, or it cannot be used.
        """


class Logger(Protocol):
    """What an operator is told by."""

    def info(self, text: str) -> object:
        """Tell what may be of interest."""

    def error(self, text: str) -> object:
        """Tell what went wrong."""


class CameraSource(Protocol):
    """A camera: its images, and its depth and candidates where there are any."""

    @property
    def frames(self) -> ImageSource:
        """Return the images."""

    @property
    def depth(self) -> DepthSource | None:
        """Return the depth; None where pick points are not wanted."""

    @property
    def candidates(self) -> CandidateSource | None:
        """Return another detector's candidates; None where ours is used."""

    @property
    def logger(self) -> Logger:
        """Return what an operator is told by."""
