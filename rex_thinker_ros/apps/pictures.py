"""Pictures as files and as parts of pages."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2

from rex_thinker_ros.referring.detector import RgbImage

_JPEG_QUALITY = 88


def write_picture(path: Path, image: RgbImage) -> None:
    """Write an image (H, W, 3) uint8 RGB; the suffix of `path` chooses the format.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        written = cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    except cv2.error as error:
        raise OSError(f"{path} cannot be written: name a .jpg or .png file") from error
    if not written:
        raise OSError(f"{path} cannot be written")


def jpeg_url(image: RgbImage) -> str:
    """Return an image (H, W, 3) uint8 RGB as a data URL."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
