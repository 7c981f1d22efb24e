"""The size that an image file announces, read before anything is allocated for it."""

from __future__ import annotations

import struct

# ITU-T T.81, table B.1: SOF0 to SOF15, less DHT, JPG and DAC that lie between them
_JPEG_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# these carry no length: a stuffed byte, TEM, RST0 to RST7, SOI, EOI, and fill bytes
_JPEG_BARE_MARKERS = frozenset({0x00, 0x01, 0xFF, *range(0xD0, 0xDA)})


def png_size(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) in pixels of a PNG; None without a header, or if a chunk is not whole.

    OpenCV 5 allocates what a chunk announces, up to 2 GB, before it looks at what is there.
    """
    if data[8:16] != b"\0\0\0\x0dIHDR":
        return None
    at, name = 8, b""
    while name != b"IEND":
        if at + 12 > len(data):
            return None
        length, name = struct.unpack_from(">I4s", data, at)
        at += 12 + length
    return None if at > len(data) else struct.unpack_from(">II", data, 16)


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) in pixels of a JPEG's first frame header; None if it has none.

    Walks from marker to marker as libjpeg does, so that a thumbnail within them does not count.
    """
    at = 2
    while (at := data.find(b"\xff", at) + 1) > 0 and at + 8 <= len(data):
        if data[at] in _JPEG_FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", data, at + 4)
            return width, height
        if data[at] not in _JPEG_BARE_MARKERS:
            at += 1 + int.from_bytes(data[at + 1 : at + 3], "big")
    return None
