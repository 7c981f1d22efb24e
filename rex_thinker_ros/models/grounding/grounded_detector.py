"""What both ways to run Grounding DINO share: the image and the caption in, candidates out."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoTokenizer, BatchEncoding
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (
    GroundingDinoImageProcessorPil,
)

from rex_thinker_ros.models.grounding.caption import caption, word_positions
from rex_thinker_ros.models.grounding.detection import Detection
from rex_thinker_ros.models.grounding.grounded_candidates import (
    distinct,
    grounded_candidates,
    read_detections,
)
from rex_thinker_ros.models.grounding.second_look import (
    LEAST,
    both_looks,
    in_doubt,
    other_view,
    seen_from_here,
)
from rex_thinker_ros.models.memory.shortage import memory_advice
from rex_thinker_ros.models.pixel_table import PixelTable
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.detector import RgbImage


@dataclass(frozen=True, slots=True)
class _Asked:
    """Hold a caption's tokens, and where those of the category's words are."""

    tokens: BatchEncoding
    words: Sequence[int]


class GroundedDetector(ABC):
    """Propose candidates in the order of the model's queries; for one thread at a time."""

    given = False

    def __init__(
        self, processing: Path, *, name: str, profile: Profile, device: torch.device
    ) -> None:
        """Load the tokenizer of a directory and its image settings, else those of the release."""
        self.name = name
        self.second: GroundedDetector | None = None  # what takes the second look, if another does
        self._profile = profile
        self._device = device
        # The PIL processor, so that pixels do not depend on whether torchvision is installed. They
        # are bit for bit those of the original package, but for images whose longer side it rounds
        # otherwise: by two pixels at most, unless they are very narrow.
        images = GroundingDinoImageProcessorPil
        settings = processing / "preprocessor_config.json"
        self._images: Any = (
            images.from_pretrained(processing, local_files_only=True)
            if settings.is_file()
            else images()
        )
        self._table = PixelTable(self._images)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(
            processing, local_files_only=True, trust_remote_code=False
        )

    def with_thresholds(self, *, box: float, text: float) -> GroundedDetector:
        """Return this detector with other thresholds, each 0 to 1; both share the models."""
        other = copy.copy(self)
        other._profile = replace(self._profile, box_threshold=box, text_threshold=text)
        if self.second is not None:
            other.second = self.second.with_thresholds(box=box, text=text)
        return other

    @memory_advice(
        "The detector",
        "Send smaller images, set reasoner.quantization, or free memory on its device.",
    )
    def detect(self, image: RgbImage, category: str) -> list[Candidate]:
        """Return candidates numbered from 1, boxes in full-image pixels, best duplicates only.

        ValueError for a category without a word. FloatingPointError where the model's logits are
        not numbers. OutOfMemoryError where memory runs out.
        """
        asked = self._ask(caption(category))
        if not asked.words:  # characters that the tokenizer drops
            return []
        detections = self._look(image, asked)
        if self._profile.second_look != "never":
            detections = self._look_again(image, category, detections)
        return grounded_candidates(detections, self._profile)

    def _look_again(
        self, image: RgbImage, category: str, detections: list[Detection]
    ) -> list[Detection]:
        """Return the mean of a second look and this first one, where the profile wants one."""
        first = distinct(detections, self._profile)  # or a pair might be of duplicates
        if self._profile.second_look == "in_doubt" and not in_doubt(first):
            return detections
        looking = self.second or self
        asked = looking._ask(caption(category, self._profile.contrast))
        if not asked.words:
            return detections
        seen = looking._look(other_view(image), asked)
        if self._profile.contrast:
            seen = [replace(one, score=one.word_score) for one in seen]  # not another name's
        second = seen_from_here(distinct(seen, self._profile), Size(*image.shape[1::-1]))
        return both_looks(first, second)

    def _ask(self, text: str) -> _Asked:
        tokens = self._tokenizer(
            text, truncation=True, max_length=self._text_length, return_tensors="pt"
        )
        ids = tokens["input_ids"][0]
        ids[-2] = self._tokenizer.convert_tokens_to_ids(".")  # which a long caption has lost
        return _Asked(tokens, word_positions(ids.tolist(), self._tokenizer))

    def _look(self, image: RgbImage, asked: _Asked) -> list[Detection]:
        inputs = BatchEncoding({**asked.tokens, "pixel_values": self._pixels(image)})
        with torch.inference_mode():
            logits, boxes = self._run(inputs.to(self._device))
        return read_detections(
            logits.cpu(),
            boxes.cpu(),
            words=asked.words,
            size=Size(*image.shape[1::-1]),
            least=min(LEAST, self._profile.box_threshold),
        )

    def _pixels(self, image: RgbImage) -> torch.Tensor:
        """Return the image as the model sees it, (1, 3, height, width)."""
        # resized by the processor, and normalised here: that would take it four times as long
        features = self._images(
            images=Image.fromarray(image), do_rescale=False, do_normalize=False, do_pad=False,
            return_tensors="np",
        )  # fmt: skip
        resized = features["pixel_values"]
        values = self._table.look_up(resized.reshape(1, 3, -1))
        return torch.from_numpy(values.reshape(resized.shape))

    @property
    @abstractmethod
    def _text_length(self) -> int:
        """Return how many tokens of a caption the model reads."""

    @abstractmethod
    def _run(self, inputs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits as (queries, tokens), and boxes as (queries, 4).

        A box is its centre, width and height in parts of the image's sides. The inputs are those
        of the processor, for one image, on the model's device.
        """
