"""A labelled expression as the model meets it: the node's prompt, the truth, the completion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import (
    HintBox,
    PixelBounds,
    Prompt,
    build_prompt,
    without_control_tokens,
)
from rex_thinker_ros.training.fine_tuning.referring_set import Images, Labelled
from rex_thinker_ros.training.reward import Truth
from rex_thinker_ros.user_error import UserError


@dataclass(frozen=True, slots=True)
class Lesson:
    """An image with a prompt, what is right, and what to write; that is empty if unknown."""

    image: RgbImage
    prompt: Prompt
    truth: Truth
    completion: str


def make_lesson(labelled: Labelled, images: Images, bounds: PixelBounds, *, label: str) -> Lesson:
    """Read the image and write both sides; the boxes of an answer are labelled by `label`.

    Raises:
        UserError: the image cannot be read, or is too narrow.
    """
    image = images.read(labelled.image)
    size = Size(image.shape[1], image.shape[0])
    try:
        prompt = build_prompt(
            expression=labelled.expression,
            category=labelled.category,
            candidates=[Candidate(n, box, 1.0) for n, box in enumerate(labelled.candidates, 1)],
            image_size=size,
            bounds=bounds,
        )
    except ValueError as error:
        raise UserError(f"{labelled.place}: {error}") from None
    boxes = [prompt.hint_boxes[index] for index in labelled.answers]
    text = labelled.category if label == "category" else labelled.expression
    return Lesson(
        image=image,
        prompt=prompt,
        truth=Truth(prompt.hint_boxes, labelled.answers, prompt.resized),
        completion=completion(labelled.think, boxes, text) if labelled.think else "",
    )


def completion(think: str, boxes: Sequence[HintBox], label: str) -> str:
    """Return reasoning and answer in the wire format; `think` may have its tags or not."""
    think = without_control_tokens(think.removeprefix("<think>").removesuffix("</think>"))
    answer = json.dumps([{"bbox_2d": list(box), "label": label} for box in boxes])
    return f"<think>{think}</think><answer>json\n{without_control_tokens(answer)}\n</answer>"
