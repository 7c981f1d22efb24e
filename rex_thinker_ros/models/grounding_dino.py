"""The detector: Grounding DINO through transformers."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoTokenizer, GroundingDinoForObjectDetection
from transformers.image_transforms import center_to_corners_format
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (
    GroundingDinoImageProcessorPil,
)
from transformers.models.grounding_dino.processing_grounding_dino import GroundingDinoProcessor

from rex_thinker_ros.models.duplicates import best_distinct
from rex_thinker_ros.models.memory.shortage import memory_advice
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.detector import RgbImage


def caption(category: str) -> str:
    """Return the text the detector was trained on, "mug." for "Mug".

    Full stops and question marks within the category would separate captions and are dropped.
    ValueError for a category without a word.
    """
    words = re.sub(r"[.?]", " ", category.lower()).split()
    if not words:
        raise ValueError(f"the category {category!r} names nothing to detect")
    return " ".join(words) + "."


class GroundingDinoDetector:
    """Propose candidates in the order of the model's queries; for one thread at a time."""

    def __init__(
        self, directory: Path, *, name: str, profile: Profile, device: torch.device
    ) -> None:
        """Load a checkpoint from a directory that find_weights returned."""
        self.name = name
        self._profile = profile
        self._device = device
        # the PIL processor, so that pixels do not depend on whether torchvision is installed
        self._processor: Any = GroundingDinoProcessor(
            GroundingDinoImageProcessorPil.from_pretrained(directory, local_files_only=True),
            AutoTokenizer.from_pretrained(
                directory, local_files_only=True, trust_remote_code=False
            ),
        )
        # float32 on any device: the sampling offsets lose whole pixels in bf16
        self._model: Any = GroundingDinoForObjectDetection.from_pretrained(
            directory, local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
        self._model.to(device).eval()

    def with_thresholds(self, *, box: float, text: float) -> GroundingDinoDetector:
        """Return this detector with other thresholds, each 0 to 1; both share the model."""
        other = copy.copy(self)
        other._profile = replace(self._profile, box_threshold=box, text_threshold=text)
        return other

    @memory_advice(
        "The detector",
        "Send smaller images, set reasoner.quantization, or free memory on its device.",
    )
    def detect(self, image: RgbImage, category: str) -> list[Candidate]:
        """Return candidates numbered from 1, boxes in full-image pixels, best duplicates only.

        ValueError for a category without a word. FloatingPointError where the model's logits are
        not numbers: none would pass a threshold, as if nothing were in view. OutOfMemoryError where
        memory runs out.
        """
        inputs = self._processor(
            images=Image.fromarray(image),
            text=caption(category),
            truncation=True,
            max_length=self._model.config.max_text_len,
            return_tensors="pt",
        ).to(self._device)
        words = self._word_positions(inputs["input_ids"][0].tolist())
        if not words:  # characters that the tokenizer drops
            return []
        with torch.inference_mode():
            outputs = self._model(**inputs)
        if outputs.logits.isnan().any():
            raise FloatingPointError("the detector's logits are not numbers")
        # (queries, tokens) and (queries, 4), the latter in parts of the image's sides
        probabilities: torch.Tensor = outputs.logits[0].sigmoid().cpu()
        corners: Any = center_to_corners_format(outputs.pred_boxes[0].cpu())
        return self._candidates(probabilities, corners, words, Size(*image.shape[1::-1]))

    def _word_positions(self, ids: list[int]) -> list[int]:
        tokenizer = self._processor.tokenizer
        others = {*tokenizer.all_special_ids, tokenizer.convert_tokens_to_ids(".")}
        # a category of unknown words only still has [UNK] to be matched by
        others.discard(tokenizer.unk_token_id)
        return [position for position, token in enumerate(ids) if token not in others]

    def _candidates(
        self, probabilities: torch.Tensor, corners: torch.Tensor, words: list[int], size: Size
    ) -> list[Candidate]:
        scores = probabilities.amax(dim=1)
        over = (scores > self._profile.box_threshold) & (
            probabilities[:, words].amax(dim=1) > self._profile.text_threshold
        )
        pixels = corners * torch.tensor([size.width, size.height] * 2)
        found = [
            (Box(*edges).clipped(size), score)
            for edges, score in zip(pixels[over].tolist(), scores[over].tolist(), strict=True)
        ]
        found = [(box, score) for box, score in found if box.width >= 1 and box.height >= 1]
        kept = best_distinct(
            [box for box, _ in found],
            [score for _, score in found],
            max_iou=self._profile.duplicate_iou,
            limit=self._profile.max_candidates,
        )
        return [Candidate(n, found[i][0], found[i][1]) for n, i in enumerate(kept, start=1)]
