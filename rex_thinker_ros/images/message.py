"""What image messages look like, in ROS and in libraries that read bags without it."""

from __future__ import annotations

from typing import Any, Protocol, TypeGuard

from rex_thinker_ros.stamps import Header


class RawImage(Protocol):
    """A sensor_msgs/Image."""

    header: Header
    height: int
    width: int
    encoding: str
    is_bigendian: int | bool
    step: int
    data: Any
    """Bytes, in any container that lends its memory."""


class CompressedImage(Protocol):
    """A sensor_msgs/CompressedImage."""

    header: Header
    format: str
    data: Any


def is_raw(message: RawImage | CompressedImage) -> TypeGuard[RawImage]:
    """Tell whether a message is a raw image: only those have an encoding."""
    return hasattr(message, "encoding")
