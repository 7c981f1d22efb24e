"""Policies with random weights, small enough to learn in a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.prompt import PixelBounds
from rex_thinker_ros.training.fine_tuning.lesson import Lesson, make_lesson
from rex_thinker_ros.training.fine_tuning.policy import Policy
from rex_thinker_ros.training.fine_tuning.referring_set import Labelled
from rex_thinker_ros.training.fine_tuning.settings import (
    DataSettings,
    LoraSettings,
    ModelSettings,
    Settings,
)
from rex_thinker_ros.training.reasoner_model import build_reasoner, save_reasoner
from rex_thinker_ros.training.tokenizer import build_tokenizer

BOUNDS = PixelBounds(784, 40 * 784)
BOXES = (Box(3, 4, 40, 60), Box(100, 20, 150, 90))
ITEM = Labelled("here", "1", "red mug", "mug", BOXES, (1,), "- Step 1: Look.\n")


class Noise:
    """Images of noise, by number."""

    def read(self, name: str) -> np.ndarray:
        """Return one, 200 x 120 pixels."""
        return np.random.default_rng(int(name)).integers(0, 255, (120, 200, 3), np.uint8)


def random_checkpoint(folder: Path) -> Path:
    """Write a checkpoint directory with random weights."""
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    save_reasoner(build_reasoner(tokenizer), tokenizer, folder)
    return folder


def policy(checkpoint: Path, *, lora: bool = False, frozen: bool = True, **options: Any) -> Policy:
    """Load one that draws two completions at once."""
    model = ModelSettings(
        str(checkpoint), min_pixels=BOUNDS.min_pixels, max_pixels=BOUNDS.max_pixels, device="cpu",
        freeze_vision_tower=frozen, rows=2, **options,
    )  # fmt: skip
    data = DataSettings("", "")
    settings = Settings("", model, data, lora=LoraSettings(rank=4) if lora else None)
    return Policy(checkpoint, settings, reference=True)


def lesson(item: Labelled = ITEM) -> Lesson:
    """Return the lesson of an expression about noise."""
    return make_lesson(item, Noise(), BOUNDS, label="category")
