"""Image messages to RGB arrays: every common encoding, padded rows, both byte orders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.images.image_file import check_image_file
from rex_thinker_ros.images.message import CompressedImage, RawImage, is_raw
from rex_thinker_ros.images.raw_pixels import raw_pixels
from rex_thinker_ros.referring.detector import RgbImage

Pixels = NDArray[Any]
Decoder = Callable[[RawImage | CompressedImage], RgbImage]
ToRgb = Callable[[Pixels], RgbImage]


def _convert(code: int) -> ToRgb:
    return lambda pixels: np.asarray(cv2.cvtColor(pixels, code), dtype=np.uint8)


def _gray(pixels: Pixels) -> RgbImage:
    return np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)


def _high_byte(pixels: Pixels) -> NDArray[np.uint8]:
    # a 16-bit brightness spans its whole type, so the upper byte is the 8-bit brightness
    return (pixels >> 8).astype(np.uint8)


def _high_byte_first(to_rgb: ToRgb, pixels: Pixels) -> RgbImage:
    return to_rgb(_high_byte(pixels))


def _stretched(pixels: Pixels) -> RgbImage:
    # 16UC1 and 32FC1 have no brightness unit (depth, heat): their smallest finite value becomes
    # black and their largest white; what is not finite is black
    with np.errstate(invalid="ignore"):  # a signalling NaN is not finite either
        values = pixels.astype(np.float64)
    finite = np.isfinite(values)
    if not finite.any():
        return _gray(np.zeros(pixels.shape, np.uint8))
    low, high = values[finite].min(), values[finite].max()
    scale = 255.0 / (high - low) if high > low else 0.0
    shades = np.where(finite, (np.where(finite, values, low) - low) * scale, 0.0)
    return _gray(np.rint(shades).astype(np.uint8))


def _even_width(to_rgb: ToRgb) -> ToRgb:
    def checked(pixels: Pixels) -> RgbImage:
        if pixels.shape[1] % 2:
            raise ImageError(f"a 4:2:2 image has an even width, this one {pixels.shape[1]}")
        return to_rgb(pixels)

    return checked


_UYVY = (np.dtype(np.uint8), 2, _even_width(_convert(cv2.COLOR_YUV2RGB_UYVY)))
_YUYV = (np.dtype(np.uint8), 2, _even_width(_convert(cv2.COLOR_YUV2RGB_YUY2)))

# encoding -> element type, channels, conversion
_ENCODINGS: dict[str, tuple[np.dtype[Any], int, ToRgb]] = {
    "rgb8": (np.dtype(np.uint8), 3, lambda pixels: pixels),
    "bgr8": (np.dtype(np.uint8), 3, _convert(cv2.COLOR_BGR2RGB)),
    "rgba8": (np.dtype(np.uint8), 4, _convert(cv2.COLOR_RGBA2RGB)),
    "bgra8": (np.dtype(np.uint8), 4, _convert(cv2.COLOR_BGRA2RGB)),
    "mono8": (np.dtype(np.uint8), 1, _gray),
    "8UC1": (np.dtype(np.uint8), 1, _gray),
    "mono16": (np.dtype(np.uint16), 1, partial(_high_byte_first, _gray)),
    "16UC1": (np.dtype(np.uint16), 1, _stretched),
    "32FC1": (np.dtype(np.float32), 1, _stretched),
    "uyvy": _UYVY,
    "yuv422": _UYVY,
    "yuyv": _YUYV,
    "yuv422_yuy2": _YUYV,
}

# OpenCV names a mosaic by the second and third pixel of its second row, ROS by its first four
for _pattern, _code in {
    "rggb": cv2.COLOR_BayerBG2RGB,
    "bggr": cv2.COLOR_BayerRG2RGB,
    "gbrg": cv2.COLOR_BayerGR2RGB,
    "grbg": cv2.COLOR_BayerGB2RGB,
}.items():
    _mosaic = _convert(_code)
    _ENCODINGS[f"bayer_{_pattern}8"] = (np.dtype(np.uint8), 1, _mosaic)
    _ENCODINGS[f"bayer_{_pattern}16"] = (
        np.dtype(np.uint16),
        1,
        partial(_high_byte_first, _mosaic),
    )


def decode_image(message: RawImage | CompressedImage) -> RgbImage:
    """Decode a message into an array (height, width, 3) of uint8 RGB.

    16-bit brightness and Bayer keep their upper byte; 16UC1 and 32FC1, which have no brightness
    unit, are stretched from their smallest to their largest finite value.

    Raises:
        ImageError: the message is malformed or its encoding is unknown.
    """
    if is_raw(message):
        return _decode_raw(message)
    data = bytes(message.data)
    check_image_file(data)
    return _run(_read_file, np.frombuffer(data, np.uint8))


def _decode_raw(message: RawImage) -> RgbImage:
    if message.encoding not in _ENCODINGS:
        # any text may stand there: keep the operator's sentence short and readable
        raise ImageError(f"encoding {message.encoding[:40]!r} is not supported")
    element, channels, to_rgb = _ENCODINGS[message.encoding]
    pixels = raw_pixels(message, element, channels)
    native = np.ascontiguousarray(pixels, element)
    return _run(to_rgb, native[:, :, 0] if channels == 1 else native)


def _read_file(data: Pixels) -> RgbImage:
    # boxes are in the pixels that were sent: an orientation tag must not turn them
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if bgr is None:
        raise ImageError("the compressed data cannot be decoded")
    return np.ascontiguousarray(bgr[:, :, ::-1], dtype=np.uint8)


def _run(to_rgb: ToRgb, pixels: Pixels) -> RgbImage:
    try:
        return to_rgb(pixels)
    except cv2.error as error:
        raise ImageError(f"OpenCV cannot convert it: {error.err}") from error
