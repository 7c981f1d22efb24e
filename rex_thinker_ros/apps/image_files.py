"""Images from files and folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.user_error import UserError

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

# what Pillow's decoders raise, by format
_DAMAGED = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


class ImageFileError(UserError):
    """Say which file is no image that can be used, and why."""


def find_images(paths: Sequence[Path]) -> list[Path]:
    """Return the files among `paths`, and those in folders that look like images, by name.

    Raises:
        ImageFileError: a path does not exist, or a folder holds no image.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
            if not inside:
                raise ImageFileError(f"{path} holds no image: looked for {', '.join(SUFFIXES)}")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise ImageFileError(f"{path} does not exist")
    return found


def read_image(path: Path) -> RgbImage:
    """Return the image (height, width, 3) uint8 RGB, turned upright as viewers show it.

    Raises:
        ImageFileError: it cannot be read.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except UnidentifiedImageError:
        raise ImageFileError(f"{path} is no image that can be read") from None
    except _DAMAGED as error:
        raise ImageFileError(f"{path} cannot be read: {error}") from error
