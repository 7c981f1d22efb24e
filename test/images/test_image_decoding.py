"""Image decoding against truth computed here, pixel by pixel, without any converter."""

from __future__ import annotations

import struct
import warnings

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.images.decoding import decode_image
from rex_thinker_ros.images.error import ImageError

COLORS = [(250, 10, 30), (20, 200, 60), (5, 40, 220), (255, 255, 255), (0, 0, 0), (90, 90, 90)]
SHADES = [0, 1, 127, 128, 254, 255]


def image(
    encoding: str, rows: list[bytes], width: int, *, pad: int = 0, big: bool = False
) -> Image:
    """Make a message out of the bytes of its rows, with `pad` filler bytes after each row."""
    message = Image(height=len(rows), width=width, encoding=encoding, is_bigendian=int(big))
    message.step = len(rows[0]) + pad
    message.data = b"".join(row + b"\xab" * pad for row in rows)
    return message


def color_rows(order: str) -> list[bytes]:
    """Lay COLORS out as two rows of three pixels, channels in `order`; x is filler."""
    pixel = [
        bytes(dict(zip("rgbx", (*color, 77), strict=True))[c] for c in order) for color in COLORS
    ]
    return [b"".join(pixel[:3]), b"".join(pixel[3:])]


COLOR_TRUTH = np.array(COLORS, np.uint8).reshape(2, 3, 3)
SHADE_TRUTH = np.array([[s] * 3 for s in SHADES], np.uint8).reshape(2, 3, 3)


@pytest.mark.parametrize("pad", [0, 1, 5, 64], ids=lambda pad: f"{pad} bytes of padding")
@pytest.mark.parametrize(
    ("encoding", "order"),
    [("rgb8", "rgb"), ("bgr8", "bgr"), ("rgba8", "rgbx"), ("bgra8", "bgrx")],
)
def test_colors_keep_their_channels(encoding: str, order: str, pad: int) -> None:
    rgb = decode_image(image(encoding, color_rows(order), 3, pad=pad))
    np.testing.assert_array_equal(rgb, COLOR_TRUTH)
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous


@pytest.mark.parametrize("pad", [0, 3])
@pytest.mark.parametrize("encoding", ["mono8", "8UC1"])
def test_8_bit_brightness(encoding: str, pad: int) -> None:
    rows = [bytes(SHADES[:3]), bytes(SHADES[3:])]
    np.testing.assert_array_equal(decode_image(image(encoding, rows, 3, pad=pad)), SHADE_TRUTH)


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("pad", [0, 1, 3], ids=lambda pad: f"{pad} bytes of padding")
def test_mono16_keeps_the_upper_byte(big: bool, pad: int) -> None:
    values = [shade * 256 + 99 for shade in SHADES]
    rows = [struct.pack(">3H" if big else "<3H", *values[i : i + 3]) for i in (0, 3)]
    rgb = decode_image(image("mono16", rows, 3, pad=pad, big=big))
    np.testing.assert_array_equal(rgb, SHADE_TRUTH)


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize(
    ("encoding", "letter", "values", "shades"),
    [
        ("16UC1", "H", [500, 1000, 1500, 2000, 2500, 3050], [0, 50, 100, 150, 200, 255]),
        ("32FC1", "f", [0.5, 1.0, 1.5, 2.0, 2.5, 3.05], [0, 50, 100, 150, 200, 255]),
        ("32FC1", "f", [float("nan"), 1.0, float("inf"), 2.0, 1.5, 1.0], [0, 0, 0, 255, 128, 0]),
        ("32FC1", "f", [float("nan")] * 6, [0] * 6),
        ("16UC1", "H", [700] * 6, [0] * 6),
        ("32FC1", "f", [-3.4e38, 3.4e38, 0.0, 0.0, 0.0, 0.0], [0, 255, 128, 128, 128, 128]),
    ],
    ids=["depth in mm", "depth in m", "invalid pixels", "all invalid", "flat", "whole range"],
)
def test_unitless_pixels_are_stretched(
    encoding: str, letter: str, values: list[float], shades: list[int], big: bool
) -> None:
    order = ">" if big else "<"
    rows = [struct.pack(f"{order}3{letter}", *values[i : i + 3]) for i in (0, 3)]
    rgb = decode_image(image(encoding, rows, 3, pad=2, big=big))
    np.testing.assert_array_equal(rgb, np.repeat(np.array(shades).reshape(2, 3, 1), 3, axis=2))


@pytest.mark.parametrize("color", COLORS[:3], ids=["red", "green", "blue"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_a_flat_mosaic_gives_its_color(
    pattern: str, big: bool, bits: int, color: tuple[int, int, int]
) -> None:
    value = dict(zip("rgb", color, strict=True))
    letter = "B" if bits == 8 else "H"
    order = ">" if big else "<"
    samples = [value[c] if bits == 8 else value[c] * 256 + 5 for c in pattern]
    rows = [
        struct.pack(f"{order}8{letter}", *(samples[2 * (y % 2) + x % 2] for x in range(8)))
        for y in range(6)
    ]
    rgb = decode_image(image(f"bayer_{pattern}{bits}", rows, 8, pad=3, big=big))
    np.testing.assert_array_equal(rgb, np.broadcast_to(np.array(color, np.uint8), (6, 8, 3)))


def yuv(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """Convert by the definition of BT.601, 16 to 235."""
    r, g, b = (channel / 255 for channel in rgb)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    blue, red = (b - luma) / 1.772, (r - luma) / 1.402
    return round(16 + 219 * luma), round(128 + 224 * blue), round(128 + 224 * red)


@pytest.mark.parametrize(
    ("encoding", "order"),
    [("uyvy", "uyvy"), ("yuv422", "uyvy"), ("yuyv", "yuyv"), ("yuv422_yuy2", "yuyv")],
)
@pytest.mark.parametrize("color", COLORS)
def test_yuv_422(encoding: str, order: str, color: tuple[int, int, int]) -> None:
    y, u, v = yuv(color)
    pair = bytes({"y": y, "u": u, "v": v}[c] for c in order)
    rgb = decode_image(image(encoding, [pair * 2] * 2, 4, pad=7))
    assert rgb.shape == (2, 4, 3)
    assert np.abs(rgb.astype(int) - np.array(color)).max() <= 3


def photo() -> np.ndarray:
    """Draw a smooth picture that JPEG keeps within a few levels."""
    y, x = np.mgrid[0:48, 0:64]
    return np.stack([x * 3, y * 4, 255 - x * 2], axis=2).astype(np.uint8)


def encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, photo()[:, :, ::-1])[1].tobytes()


@pytest.mark.parametrize(
    ("data", "tolerance"),
    [
        (encoded(".png"), 0),
        (encoded(".jpg"), 12),
        (encoded(".jpg") + bytes(100), 12),
    ],
    ids=["png", "jpeg", "jpeg padded with zeros"],
)
def test_compressed_images(data: bytes, tolerance: int) -> None:
    rgb = decode_image(CompressedImage(format="whatever", data=data))
    assert rgb.shape == (48, 64, 3)
    assert np.abs(rgb.astype(int) - photo()).max() <= tolerance


def test_an_orientation_tag_does_not_turn_the_pixels() -> None:
    jpeg = encoded(".jpg")
    tag = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x112, 3, 1, 6, 0, 0)
    segment = b"\xff\xe1" + struct.pack(">H", 8 + len(tag)) + b"Exif\0\0" + tag
    turned = CompressedImage(format="jpeg", data=jpeg[:2] + segment + jpeg[2:])
    assert decode_image(turned).shape == (48, 64, 3)


def test_signalling_not_a_number_is_black_and_no_warning() -> None:
    signalling = struct.pack("<I", 0x7FA00001)
    row = struct.pack("<f", 1.0) + signalling + struct.pack("<f", 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rgb = decode_image(image("32FC1", [row], 3))
    assert rgb[0, :, 0].tolist() == [0, 0, 255]


def resized_jpeg(width: int, height: int) -> bytes:
    """Write another size into the frame header; the decoder would fill the rest with grey."""
    jpeg = encoded(".jpg")
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def test_a_thumbnail_before_the_frame_does_not_count() -> None:
    thumbnail = resized_jpeg(60_000, 60_000)
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(thumbnail)) + thumbnail
    jpeg = encoded(".jpg")
    whole = CompressedImage(format="jpeg", data=jpeg[:2] + segment + jpeg[2:])
    assert decode_image(whole).shape == (48, 64, 3)


def png_with_endless_chunk() -> bytes:
    """Damage one bit of the first data chunk's length: it becomes 1 GB."""
    png = encoded(".png")
    at = png.index(b"IDAT") - 4
    return png[:at] + b"\x40" + png[at + 1 :]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (image("nv12", color_rows("rgb"), 3), "encoding 'nv12' is not supported"),
        (image("", color_rows("rgb"), 3), "encoding '' is not supported"),
        (image("h\n264\0", color_rows("rgb"), 3), r"encoding 'h\\n264\\x00' is not supported"),
        (image("x" * 99_999, color_rows("rgb"), 3), "encoding 'x{40}' is not supported"),
        (image("rgb8", color_rows("rgb"), 4), "step is 9 bytes, but a row of rgb8 has 12"),
        (image("uyvy", [bytes(6)] * 2, 3), "even width"),
        (CompressedImage(data=b""), "neither JPEG nor PNG"),
        (CompressedImage(data=b"GIF89a"), "neither JPEG nor PNG"),
        (CompressedImage(data=encoded(".jpg")[:-200]), "the JPEG data is cut off"),
        (CompressedImage(data=encoded(".png")[:-30]), "the PNG data is cut off"),
        (CompressedImage(data=b"\xff\xd8garbage\xff\xd9"), "cannot be decoded"),
        (CompressedImage(data=resized_jpeg(9000, 9000)), "announces 9000 x 9000 pixels"),
        (CompressedImage(data=png_with_endless_chunk()), "the PNG .* its header is damaged"),
        (CompressedImage(data=encoded(".png")[:8] + encoded(".png")[-12:]), "header is damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_malformed_messages_say_what_is_wrong(
    message: Image | CompressedImage, reason: str
) -> None:
    with pytest.raises(ImageError, match=reason):
        decode_image(message)
