"""Pictures and the messages that carry them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image


def picture(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Draw something asymmetric, (height, width, 3) uint8 RGB."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], axis=2).astype(np.uint8)


def rgb_message(rgb: NDArray[np.uint8], *, pad: int = 0) -> Image:
    """Make an rgb8 message with `pad` filler bytes after each row."""
    height, width = rgb.shape[:2]
    rows = np.full((height, 3 * width + pad), 0xAB, np.uint8)
    rows[:, : 3 * width] = rgb.reshape(height, -1)
    message = Image(height=height, width=width, encoding="rgb8", step=3 * width + pad)
    message.header.frame_id = "camera"
    message.data = rows.tobytes()
    return message
