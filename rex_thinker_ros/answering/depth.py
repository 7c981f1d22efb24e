"""Depth images as pick points need them, and why one cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rex_thinker_ros.images.depth_decoding import decode_depth
from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.images.message import RawImage
from rex_thinker_ros.referring.pick_point import Intrinsics, IntrinsicsError

ON_ITS_WAY_SECONDS = 0.1
"""How long a depth image that was taken with an image may come after it."""
KEPT = 10
"""Depth images to choose the nearest of."""


class DepthError(Exception):
    """There is no depth for a time; the text is a sentence that says why and what helps."""


class CameraInfo(Protocol):
    """A sensor_msgs/CameraInfo."""

    k: Any
    """Nine numbers, row by row."""
    width: int
    height: int


@dataclass(frozen=True)
class DepthView:
    """Depth in metres (height, width), as decode_depth returns it, and what it was seen with.

    frame_id is that of the depth image's header.
    """

    depth: NDArray[np.float32]
    intrinsics: Intrinsics
    frame_id: str


@dataclass(frozen=True)
class DepthTopics:
    """Where depth and intrinsics come from, by full topic names."""

    depth: str
    camera_info: str

    def check(self, seconds_off: float | None, tolerance_seconds: float, *, has_info: bool) -> None:
        """Raise DepthError unless depth came, and intrinsics, and within the tolerance.

        seconds_off lie between the image and the nearest depth; None without any.
        """
        if seconds_off is None:
            raise DepthError(f"No depth was received on {self.depth}. Is it published?")
        if not has_info:
            raise DepthError(
                f"Depth was received, but no camera_info on {self.camera_info}. Is it published?"
            )
        if seconds_off > tolerance_seconds:
            raise DepthError(
                f"The nearest depth is {seconds_off:.3g} s off the image, more than "
                f"{tolerance_seconds:g} s. Synchronise the two, or allow more."
            )


def depth_view(message: RawImage, info: CameraInfo) -> DepthView:
    """Decode a depth image.

    Raises:
        DepthError: it is malformed, or the intrinsics are none.
    """
    intrinsics = _intrinsics(info)
    try:
        return DepthView(decode_depth(message), intrinsics, message.header.frame_id)
    except ImageError as error:
        raise DepthError(f"The depth image is malformed: {error}.") from error


def _intrinsics(info: CameraInfo) -> Intrinsics:
    k = [float(value) for value in info.k]
    if not any(k):
        raise DepthError("The camera_info has a K of zeros: the camera is not calibrated.")
    try:
        return Intrinsics(k[0], k[4], k[2], k[5], info.width, info.height)
    except IntrinsicsError as error:
        raise DepthError(f"The camera_info cannot be used: {error}.") from error
