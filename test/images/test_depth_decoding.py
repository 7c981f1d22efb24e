"""Depth messages become metres, whatever their rows and byte order; what is broken says so."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensor_msgs.msg import Image

from rex_thinker_ros.images.depth_decoding import decode_depth
from rex_thinker_ros.images.error import ImageError


def depth_image(
    encoding: str, rows: list[list[float]], *, pad: int = 0, big: bool = False
) -> Image:
    """Make a message, with `pad` filler bytes after each row."""
    letter = "f" if encoding == "32FC1" else "H"
    order = ">" if big else "<"
    data = [struct.pack(f"{order}{len(row)}{letter}", *row) for row in rows]
    message = Image(height=len(rows), width=len(rows[0]), encoding=encoding, is_bigendian=int(big))
    message.step = len(data[0]) + pad
    message.data = b"".join(row + b"\xab" * pad for row in data)
    return message


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("pad", [0, 1, 6], ids=lambda pad: f"{pad} bytes of padding")
@pytest.mark.parametrize(
    ("encoding", "rows", "metres"),
    [
        pytest.param("16UC1", [[1, 65535, 0], [1500, 0, 258]],
                     [[0.001, 65.535, math.nan], [1.5, math.nan, 0.258]], id="millimetres"),
        pytest.param("mono16", [[700, 0]], [[0.7, math.nan]], id="millimetres by another name"),
        pytest.param("32FC1", [[0.25, math.nan], [math.inf, -math.inf]],
                     [[0.25, math.nan], [math.inf, -math.inf]], id="metres"),
    ],
)  # fmt: skip
def test_depth_is_in_metres(
    encoding: str, rows: list[list[float]], metres: list[list[float]], pad: int, big: bool
) -> None:
    depth = decode_depth(depth_image(encoding, rows, pad=pad, big=big))
    assert depth.dtype == np.float32
    assert depth.dtype.isnative
    np.testing.assert_array_equal(depth, np.array(metres, np.float32))


def test_the_last_row_may_lack_its_padding_no_more_than_any_other() -> None:
    message = depth_image("16UC1", [[1, 2], [3, 4]], pad=4)
    message.data = message.data[:-4]
    with pytest.raises(ImageError, match="2 rows of 8 bytes are announced"):
        decode_depth(message)


def broken(**changes: object) -> Image:
    message = depth_image("16UC1", [[1, 2, 3], [4, 5, 6]])
    for name, value in changes.items():
        setattr(message, name, value)
    return message


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (broken(encoding="64FC1"), "'64FC1' is not supported for depth: publish one of 16UC1"),
        (broken(encoding="rgb8"), "'rgb8' is not supported"),
        (broken(encoding=""), "'' is not supported"),
        (broken(encoding="x" * 1000), "'x{40}' is not supported"),
        (broken(encoding="32FC1"), "step is 6 bytes, but a row of 32FC1 has 12"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_malformed_messages_say_what_is_wrong(message: Image, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        decode_depth(message)


@pytest.mark.filterwarnings("error", "default::ResourceWarning")  # earlier tests' garbage
@settings(deadline=None)
@given(
    encoding=st.sampled_from(["16UC1", "mono16", "32FC1", "64FC1", "8UC1"]) | st.text(max_size=8),
    height=st.integers(0, 5) | st.integers(0, 2**32 - 1),
    width=st.integers(0, 5) | st.integers(0, 2**32 - 1),
    step=st.integers(0, 24) | st.integers(0, 2**32 - 1),
    big=st.integers(0, 255),
    data=st.binary(max_size=120),
)
def test_any_message_is_decoded_or_refused(
    encoding: str, height: int, width: int, step: int, big: int, data: bytes
) -> None:
    message = Image(
        height=height, width=width, step=step, encoding=encoding, is_bigendian=big, data=data
    )
    try:
        depth = decode_depth(message)
    except ImageError:
        return
    assert depth.shape == (height, width)
    assert depth.dtype == np.float32
    assert step * height <= len(data)
