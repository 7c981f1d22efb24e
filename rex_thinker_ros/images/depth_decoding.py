"""Depth image messages to metres, as REP 118 defines them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.images.message import RawImage
from rex_thinker_ros.images.raw_pixels import raw_pixels

_MILLIMETRES = np.dtype(np.uint16)
_METRES = np.dtype(np.float32)
_ENCODINGS: dict[str, np.dtype[Any]] = {
    "16UC1": _MILLIMETRES,
    "mono16": _MILLIMETRES,  # what older drivers call it
    "32FC1": _METRES,
}


def decode_depth(message: RawImage) -> NDArray[np.float32]:
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
    depth = raw_pixels(message, element, 1)[:, :, 0].astype(np.float32)
    if element is _MILLIMETRES:
        depth /= 1000
        depth[depth == 0] = np.nan
    return depth
