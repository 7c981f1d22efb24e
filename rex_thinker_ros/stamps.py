"""Times in nanoseconds: stamps of messages, serialized or not, and how long they are ago."""

from __future__ import annotations

import struct
from typing import Protocol

NANOSECONDS = 1_000_000_000  # in a second
_ENCAPSULATION = 4  # bytes before a serialized message; the second one's last bit tells the order
_STAMP = 8  # bytes


class Stamp(Protocol):
    """A builtin_interfaces/Time: seconds and the nanoseconds beyond them."""

    sec: int
    nanosec: int


class Header(Protocol):
    """A std_msgs/Header: the stamp of a message, and the frame that it is in."""

    @property
    def stamp(self) -> Stamp:
        """Return when it was taken."""

    @property
    def frame_id(self) -> str:
        """Return the name of the frame."""


def stamp_nanoseconds(stamp: Stamp) -> int:
    """Return a stamp in nanoseconds."""
    return int(stamp.sec) * NANOSECONDS + int(stamp.nanosec)


def split_seconds(seconds: float) -> tuple[int, int]:
    """Return whole seconds, rounded down, and the nanoseconds beyond them."""
    return divmod(round(seconds * NANOSECONDS), NANOSECONDS)


def seconds_between(earlier_nanoseconds: int, later_nanoseconds: int) -> float:
    """Return the seconds from one time to another; negative if they are the other way round."""
    return (later_nanoseconds - earlier_nanoseconds) / NANOSECONDS


def read_stamp(cdr: bytes) -> int:
    """Return the nanoseconds of the stamp that a serialized message begins with; 0 if cut off."""
    if len(cdr) < _ENCAPSULATION + _STAMP:
        return 0
    seconds, nanoseconds = struct.unpack_from(_layout(cdr), cdr, _ENCAPSULATION)
    return int(seconds) * NANOSECONDS + int(nanoseconds)


def with_stamp(cdr: bytes, nanoseconds: int) -> bytes:
    """Return a serialized message that begins with a header, with this stamp in its place."""
    stamp = struct.pack(_layout(cdr), *divmod(nanoseconds, NANOSECONDS))
    return cdr[:_ENCAPSULATION] + stamp + cdr[_ENCAPSULATION + _STAMP :]


def _layout(cdr: bytes) -> str:
    return "<iI" if cdr[1] & 1 else ">iI"
