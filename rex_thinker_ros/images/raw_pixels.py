"""The pixels of raw image messages, with padded rows and both byte orders."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.images.message import RawImage


def raw_pixels(message: RawImage, element: np.dtype[Any], channels: int) -> NDArray[Any]:
    """Return a view (height, width, channels) of the message's data, in its byte order.

    Raises:
        ImageError: the image is empty, or its sizes contradict each other.
    """
    height, width, step = message.height, message.width, message.step
    pixel_bytes = channels * element.itemsize
    if not height or not width:
        raise ImageError(f"the image is empty ({width} x {height})")
    if step < width * pixel_bytes:
        raise ImageError(
            f"step is {step} bytes, but a row of {message.encoding} has {width * pixel_bytes}"
        )
    if len(message.data) < step * height:
        raise ImageError(
            f"{len(message.data)} bytes of data, but {height} rows of {step} bytes are announced"
        )
    order: Literal[">", "<"] = ">" if message.is_bigendian else "<"
    return np.ndarray(
        (height, width, channels), element.newbyteorder(order), message.data,
        strides=(step, pixel_bytes, element.itemsize),
    )  # fmt: skip
