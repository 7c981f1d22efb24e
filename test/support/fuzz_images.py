"""Changed image messages, and what may become of them."""

from __future__ import annotations

import io
import re
import struct
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import numpy as np
from mutations import ANY_CONTENT, BrokenPromiseError, inserting, mutate, overwrite
from pictures import picture
from PIL import Image as Picture
from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.images.decoding import decode_image
from rex_thinker_ros.images.error import ImageError

MOST_BYTES = 3 * 8192 * 8192
"""The largest image that a compressed file may become."""

BYTES_PER_PIXEL = {
    "rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1, "8UC1": 1, "mono16": 2, "16UC1": 2,
    "32FC1": 4, "uyvy": 2, "yuv422": 2, "yuyv": 2, "yuv422_yuy2": 2,
    **{f"bayer_{order}{bits}": bits // 8
       for order in ("rggb", "bggr", "gbrg", "grbg") for bits in (8, 16)},
}  # fmt: skip
OTHER_ENCODINGS = (
    "", "RGB8", "rgb8 ", "nv12", "8UC3", "16SC1", "64FC1", "h264", "\0", "漢字", "x" * 9999,
)  # fmt: skip
SIZES = (0, 1, 2, 3, 5, 8, 63, 640, 65_535, 2**31 - 1, 2**31, 2**32 - 1)
SIDES = (1, 2, 15, 64, 255, 1000, 2047, 4096, 8192, 8193, 20_000, 65_500, 65_535)
FLOATS = struct.pack("<8f", float("nan"), float("inf"), float("-inf"), 0, -0.0, 1e-45, 3e38, -3e38)
PIECES = (
    b"\xff\xd8", b"\xff\xd9", b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"\xff\xc4", b"\xff\xdd",
    b"\xff\xd0", b"\xff\xfe\0\x04ab", b"\xff\xe1\0\x08Exif\0\0", b"IDAT", b"IEND\xaeB`\x82",
    bytes(16), b"\xff" * 16, bytes(300),
)  # fmt: skip
MUTATORS = (*ANY_CONTENT, overwrite, overwrite, overwrite, inserting(PIECES))
TAILS = {b"\xff\xd8": b"\xff\xd9", b"\x89P": b"\0\0\0\0IEND\xaeB`\x82"}


@dataclass(frozen=True)
class ImageCase:
    """The fields of an Image, or with `compressed` the bytes of a CompressedImage."""

    content: bytes
    compressed: bool = False
    encoding: str = ""
    height: int = 0
    width: int = 0
    step: int = 0
    is_bigendian: int = 0

    def message(self) -> Image | CompressedImage:
        """Return the message as it comes from the middleware."""
        data = array("B", self.content)
        if self.compressed:
            return CompressedImage(format="jpeg", data=data)
        return Image(
            height=self.height, width=self.width, encoding=self.encoding, step=self.step,
            is_bigendian=self.is_bigendian, data=data,
        )  # fmt: skip


def make_image(rng: Random) -> ImageCase:
    """Draw a valid message and change it."""
    if rng.random() < 0.5:
        return _change_raw(rng, _raw(rng))
    return ImageCase(_change_file(rng, rng.choice(_files())), compressed=True)


def check_image(case: ImageCase) -> str:
    """Return what became of it; BrokenPromiseError where it breaks what is promised."""
    kind = "compressed" if case.compressed else "raw"
    try:
        rgb = decode_image(case.message())
    except ImageError as error:
        if not str(error).isprintable() or not 0 < len(str(error)) < 500:
            raise BrokenPromiseError("the reason is no line that an operator can read") from error
        return f"{kind}: refused"
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or not rgb.flags.c_contiguous:
        raise BrokenPromiseError("the array is no RGB image")
    height, width = rgb.shape[:2]
    if case.compressed:
        announced = struct.pack(">II" if case.content[:1] == b"\x89" else ">HH", height, width)
        swapped = struct.pack(">II", width, height)
        if announced not in case.content and swapped not in case.content:
            raise BrokenPromiseError("the size is not the one that the file announces")
        if rgb.nbytes > MOST_BYTES:
            raise BrokenPromiseError("a file became more pixels than any camera has")
    elif (height, width) != (case.height, case.width):
        raise BrokenPromiseError("the size is not the one that the message announces")
    return f"{kind}: decoded"


def _raw(rng: Random) -> ImageCase:
    encoding = rng.choice(list(BYTES_PER_PIXEL))
    height, width = rng.randint(1, 40), rng.randint(1, 40)
    step = width * BYTES_PER_PIXEL[encoding] + rng.choice((0, 0, 1, 7, 64))
    data = rng.randbytes(step * height)
    if encoding == "32FC1" and rng.random() < 0.5:
        data = (FLOATS * (len(data) // len(FLOATS) + 1))[: len(data)]
    return ImageCase(data, False, encoding, height, width, step, rng.randrange(2))


def _change_raw(rng: Random, case: ImageCase) -> ImageCase:
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        field = rng.choice(("height", "width", "step", "is_bigendian", "encoding", "content"))
        if field == "encoding":
            value: object = rng.choice((*OTHER_ENCODINGS, *BYTES_PER_PIXEL, *BYTES_PER_PIXEL))
        elif field == "is_bigendian":
            value = rng.randrange(256)
        elif field == "content":
            value = rng.choice(
                (b"", case.content + bytes(rng.randrange(99)), mutate(rng, case.content, MUTATORS))
            )
        else:
            near = max(int(getattr(case, field)) + rng.randint(-3, 3), 0)
            value = rng.choice((near, near, rng.choice(SIZES)))
        case = replace(case, **{field: value})  # type: ignore[arg-type]
    return case


@cache
def _files() -> tuple[bytes, ...]:
    """Return valid files of many kinds."""
    rgb = Picture.fromarray(picture())
    exif = Picture.Exif()
    exif[0x112] = 6
    jpegs = [_saved(rgb, "JPEG"), _saved(rgb, "JPEG", progressive=True, subsampling=0),
             _saved(rgb, "JPEG", restart_marker_blocks=2, exif=exif),
             _saved(rgb.convert("L"), "JPEG"), _saved(rgb.convert("CMYK"), "JPEG")]  # fmt: skip
    modes = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
    pngs = [_saved(rgb.convert(mode), "PNG") for mode in modes]
    interlaced = _png(8, 8, 8, 2, bytes(15 + 8 * 8 * 3), interlace=1)
    return (*jpegs, *jpegs, *pngs, interlaced)


def _saved(image: Picture.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _png(
    width: int, height: int, depth: int, color: int, rows: bytes, *, interlace: int = 0,
    extra: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:  # fmt: skip
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    parts = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _change_file(rng: Random, data: bytes) -> bytes:
    draw = rng.random()
    if draw < 0.03:
        return _bomb(rng)
    if draw < 0.06:
        return _resized_jpeg(rng, _files()[0], rng.choice(SIDES), rng.choice(SIDES))
    if draw < 0.35 and data[:1] == b"\x89":
        return _change_chunk(rng, data)
    changed = mutate(rng, data, MUTATORS)
    # most damage spares the end; without this the check for the end would hide the decoder
    return changed + TAILS[data[:2]] if rng.random() < 0.3 else changed


def _change_chunk(rng: Random, data: bytes) -> bytes:
    """Change what is in a PNG's chunks, with checksums that are right again."""
    chunks, at = [], 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    index = rng.randrange(len(chunks))
    name, content = chunks[index]
    if name == b"IDAT" and rng.random() < 0.5:
        content = zlib.compress(mutate(rng, zlib.decompress(content), MUTATORS))
    else:
        content = mutate(rng, content, MUTATORS)
    chunks[index] = (name, content)
    if rng.random() < 0.2:
        chunks.insert(rng.randrange(len(chunks)), rng.choice(chunks))
    return data[:8] + b"".join(_chunk(name, content) for name, content in chunks)


def _bomb(rng: Random) -> bytes:
    """Write a small file that announces, or holds, far more than it weighs."""
    width, height = rng.choice(SIDES), rng.choice(SIDES)
    depth, color = rng.choice(((1, 0), (8, 0), (8, 2), (16, 6)))
    whole = (width * depth // 8 + 2) * height if depth == 1 and rng.random() < 0.3 else 0
    rows = bytes(min(whole, 2**25)) or bytes(rng.randrange(5000))
    text = b"k\0\0" + zlib.compress(bytes(2**24 if rng.random() < 0.1 else 5000))
    frame = struct.pack(">5I2H2B", 0, width, height, 0, 0, 1, 1, 0, 0)
    extra = rng.choice((
        (), ((b"zTXt", text),), ((b"iCCP", text),), ((b"tEXt", bytes(9)),) * 99,
        ((b"acTL", struct.pack(">II", rng.choice(SIDES), 0)), (b"fcTL", frame)),
    ))  # fmt: skip
    return _png(width, height, depth, color, rows, extra=extra)


def _resized_jpeg(rng: Random, data: bytes, width: int, height: int) -> bytes:
    """Write another size into a JPEG's frame header."""
    found = re.search(rb"\xff[\xc0\xc2]\0.\x08", data, re.DOTALL)
    assert found
    at = found.end()
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]
