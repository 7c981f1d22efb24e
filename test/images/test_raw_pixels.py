"""Sizes of a raw image that contradict each other are refused, whatever is to be decoded."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_msgs.msg import Image

from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.images.raw_pixels import raw_pixels

ELEMENT = np.dtype(np.uint16)


def image(**changes: object) -> Image:
    """Return 2 rows of 3 numbers of 2 bytes, with changes."""
    message = Image(height=2, width=3, step=6, encoding="16UC1", data=bytes(12))
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def test_whole_images_are_viewed_in_their_byte_order() -> None:
    data = bytes(range(12))
    pixels = raw_pixels(image(data=data, is_bigendian=1), ELEMENT, 1)
    assert pixels.shape == (2, 3, 1)
    assert pixels[0, :2, 0].tolist() == [0x0001, 0x0203]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"step": 5}, "step is 5 bytes, but a row of 16UC1 has 6", id="short rows"),
        pytest.param({"step": 0}, "step is 0 bytes", id="no rows"),
        pytest.param({"width": 0}, "the image is empty", id="no width"),
        pytest.param({"height": 0}, "the image is empty", id="no height"),
        pytest.param(
            {"data": bytes(11)}, "11 bytes of data, but 2 rows of 6 bytes are announced",
            id="a byte is missing",
        ),
        pytest.param({"data": b""}, "0 bytes of data", id="no data"),
        pytest.param({"height": 4_000_000_000}, "are announced", id="endless"),
        pytest.param(
            {"width": 4_000_000_000, "step": 4_294_967_295}, "a row of 16UC1 has 8000000000",
            id="wider than a step can be",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        raw_pixels(image(**changes), ELEMENT, 1)
