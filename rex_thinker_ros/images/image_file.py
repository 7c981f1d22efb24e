"""What an image file must be before a decoder sees it."""

from __future__ import annotations

from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.images.file_header import jpeg_size, png_size

# by format: first and last bytes of a whole file, and what reads the size that it announces
_FORMATS = {
    "JPEG": (b"\xff\xd8", b"\xff\xd9", jpeg_size),
    "PNG": (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82", png_size),
}
# a few damaged bytes announce any size, and decoders allocate it; robots' cameras stay far below
_MAX_PIXELS = 8192 * 8192


def check_image_file(data: bytes) -> None:
    """Raise ImageError unless this is a whole JPEG or PNG of at most 8192 x 8192 pixels."""
    whole = data.rstrip(b"\0")  # some drivers pad their buffers
    for name, (head, tail, announced_size) in _FORMATS.items():
        if not data.startswith(head):
            continue
        # decoders fill what is missing with grey: refuse instead of deciding on half an image
        if not whole.endswith(tail):
            raise ImageError(f"the {name} data is cut off after {len(data)} bytes")
        _check_size(name, announced_size(data))
        return
    raise ImageError(f"{len(data)} bytes of compressed data are neither JPEG nor PNG")


def _check_size(name: str, size: tuple[int, int] | None) -> None:
    if size is None:
        raise ImageError(f"the {name} data cannot be decoded: its header is damaged")
    if size[0] * size[1] > _MAX_PIXELS:
        raise ImageError(
            f"the {name} data announces {size[0]} x {size[1]} pixels, more than 8192 x 8192: "
            "its header is damaged, or the camera should send smaller images"
        )
