"""The model's side of the conversation: a wire format, kept byte for byte."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate

SYSTEM_PROMPT = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant "
    "solves it. The assistant first thinks about the reasoning process in the mind and then "
    "provides the user with the answer. The reasoning process and answer are enclosed within "
    "<think> </think> and <answer> </answer> tags, respectively, i.e., <think> reasoning process "
    "here </think><answer> answer here </answer>."
)

PATCH_PIXELS = 28
"""The side of the square that becomes one image token; resized sides are multiples of it."""

MAX_ASPECT_RATIO = 200

HintBox = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels of the resized image, as the model reads and writes them."""


@dataclass(frozen=True, slots=True)
class PixelBounds:
    """Bound the number of pixels of a resized image; ValueError unless 0 < min <= max."""

    min_pixels: int = 16 * 28 * 28
    max_pixels: int = 1280 * 28 * 28

    def __post_init__(self) -> None:
        if not 0 < self.min_pixels <= self.max_pixels:
            raise ValueError(
                f"pixel bounds need 0 < min <= max, got {self.min_pixels} and {self.max_pixels}"
            )


@dataclass(frozen=True, slots=True)
class Prompt:
    """Hold both turns' text, what they ask, and the hint's boxes and image in resized pixels."""

    system: str
    user: str
    expression: str
    category: str
    hint_boxes: tuple[HintBox, ...]
    resized: Size

    def messages(self) -> list[dict[str, Any]]:
        """Return chat messages for the tokenizer's template; the image stands before the text."""
        return [
            {"role": "system", "content": self.system},
            {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": self.user}]},
        ]


def smart_resize(image: Size, bounds: PixelBounds) -> Size:
    """Return the size in pixels at which the model sees an image, as Qwen2-VL computes it.

    Sides become multiples of PATCH_PIXELS, the aspect ratio stays about the same, and the number
    of pixels stays in bounds. ValueError where one side is over 200 times the other.
    """
    if max(image.width, image.height) / min(image.width, image.height) > MAX_ASPECT_RATIO:
        raise ValueError(
            f"an image of {image.width} x {image.height} pixels is too narrow: "
            f"the aspect ratio may be {MAX_ASPECT_RATIO} at most"
        )
    width = round(image.width / PATCH_PIXELS) * PATCH_PIXELS
    height = round(image.height / PATCH_PIXELS) * PATCH_PIXELS
    pixels = image.width * image.height
    if width * height > bounds.max_pixels:
        shrink = math.sqrt(pixels / bounds.max_pixels)
        width = max(PATCH_PIXELS, math.floor(image.width / shrink / PATCH_PIXELS) * PATCH_PIXELS)
        height = max(PATCH_PIXELS, math.floor(image.height / shrink / PATCH_PIXELS) * PATCH_PIXELS)
    elif width * height < bounds.min_pixels:
        grow = math.sqrt(bounds.min_pixels / pixels)
        width = math.ceil(image.width * grow / PATCH_PIXELS) * PATCH_PIXELS
        height = math.ceil(image.height * grow / PATCH_PIXELS) * PATCH_PIXELS
    return Size(width, height)


def hint_boxes(
    candidates: Sequence[Candidate], image_size: Size, resized: Size
) -> tuple[HintBox, ...]:
    """Return the candidates' boxes as the model reads them, integers in resized pixels."""

    def to_resized(value: float, original: int, target: int) -> int:
        # this order of operations and int(), not round(): it decides the last pixel
        return min(max(int(value / original * target), 0), target - 1)

    return tuple(
        (
            to_resized(candidate.box.x0, image_size.width, resized.width),
            to_resized(candidate.box.y0, image_size.height, resized.height),
            to_resized(candidate.box.x1, image_size.width, resized.width),
            to_resized(candidate.box.y1, image_size.height, resized.height),
        )
        for candidate in candidates
    )


def build_prompt(
    *,
    expression: str,
    category: str,
    candidates: Sequence[Candidate],
    image_size: Size,
    bounds: PixelBounds,
) -> Prompt:
    """Build the prompt that asks which candidates the referring expression means.

    The candidates must stand in the order of their numbers, 1, 2, 3, ..., because the model
    counts the hint's boxes; ValueError otherwise. image_size is the full image's, in pixels.
    """
    numbers = [candidate.number for candidate in candidates]
    if numbers != list(range(1, len(numbers) + 1)):
        raise ValueError(f"candidates must be numbered 1, 2, 3, ... in order, got {numbers}")
    resized = smart_resize(image_size, bounds)
    boxes = hint_boxes(candidates, image_size, resized)
    hint = json.dumps({category: boxes})
    user = (
        f"Hint: Object and its coordinates in this image: {hint}\n"
        f"Please detect {expression} in the image."
    )
    return Prompt(
        system=SYSTEM_PROMPT,
        user=user,
        expression=expression,
        category=category,
        hint_boxes=boxes,
        resized=resized,
    )


def without_control_tokens(text: str) -> str:
    """Return a user's text with control tokens broken up.

    No command can then speak for another turn or claim to be an image.
    """
    return text.replace("<|", "< |")


def wording() -> str:
    """Return a prompt about made-up candidates, which tells how this version words prompts."""
    boxes = (Box(0.6, 1.4, 99.5, 200.2), Box(300.9, 7.7, 639.9, 479.9))
    example = build_prompt(
        expression="EXPRESSION",
        category="CATEGORY",
        candidates=[Candidate(number, box, score=1.0) for number, box in enumerate(boxes, 1)],
        image_size=Size(640, 480),
        bounds=PixelBounds(),
    )
    return f"{example.system}\n{example.user}"
