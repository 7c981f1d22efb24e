"""What a chat completion is asked with."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import Image

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import Prompt, without_control_tokens

# fast to write and whole; and without the blur that a JPEG gives colours
_ENCODINGS: Mapping[str, Mapping[str, int]] = {
    "png": {"compress_level": 1},
    "jpeg": {"quality": 95, "subsampling": 0},
}


def image_url(image: RgbImage, resized: Size, encoding: str) -> str:
    """Return the image in resized pixels as a data URL, "png" or "jpeg"."""
    # the filter of the local path: the server must see the very same pixels
    picture = Image.fromarray(image).resize(
        (resized.width, resized.height), Image.Resampling.BICUBIC
    )
    file = BytesIO()
    picture.save(file, encoding, **_ENCODINGS[encoding])
    return f"data:image/{encoding};base64,{base64.b64encode(file.getvalue()).decode()}"


def request(
    prompt: Prompt, url: str, *, model: str, max_tokens: int, leads: bool
) -> dict[str, Any]:
    """Return the body that asks for a greedy answer as a stream; leads asks for logprobs."""
    content = [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": without_control_tokens(prompt.user)},
    ]
    body = {
        "model": model,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": content},
        ],
        "temperature": 0,
        "max_tokens": max_tokens,
        "stream": True,
    }
    return body | {"logprobs": True, "top_logprobs": 2} if leads else body
