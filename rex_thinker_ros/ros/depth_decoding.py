"""Depth image messages to metres, as REP 118 defines them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from rex_thinker_ros.ros.image_decoding import ImageError

_MILLIMETRES = np.dtype(np.uint16)
_METRES = np.dtype(np.float32)
_ENCODINGS: dict[str, np.dtype[Any]] = {
    "16UC1": _MILLIMETRES,
    "mono16": _MILLIMETRES,  # what older drivers call it
    "32FC1": _METRES,
}


def decode_depth(message: Image) -> NDArray[np.float32]:
    """Decode a message into an array (height, width) of metres along the optical axis.

    16UC1 and mono16 are in millimetres, and their 0, unknown, becomes NaN. 32FC1 is in metres and
    stays as it is: NaN is unknown, infinity too far or too near.

    Raises:
        ImageError: the message is malformed or its encoding is none of these.
    """
    element = _ENCODINGS.get(message.encoding)
    if element is None:
        # any text may stand there: keep the operator's sentence short and readable
        raise ImageError(
            f"encoding {message.encoding[:40]!r} is not supported for depth: "
            f"publish one of {', '.join(_ENCODINGS)}"
        )
    height, width, step = message.height, message.width, message.step
    row_bytes = width * element.itemsize
    if not height or not width:
        raise ImageError(f"the depth image is empty ({width} x {height})")
    if step < row_bytes:
        raise ImageError(f"step is {step} bytes, but a row of {message.encoding} has {row_bytes}")
    if len(message.data) < step * height:
        raise ImageError(
            f"{len(message.data)} bytes of data, but {height} rows of {step} bytes are announced"
        )
    order: Literal[">", "<"] = ">" if message.is_bigendian else "<"
    pixels: NDArray[Any] = np.ndarray(
        (height, width), element.newbyteorder(order), message.data,
        strides=(step, element.itemsize),
    )  # fmt: skip
    depth = pixels.astype(np.float32)
    if element is _MILLIMETRES:
        depth /= 1000
        depth[depth == 0] = np.nan
    return depth
