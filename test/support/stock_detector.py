"""A detector that runs transformers' Grounding DINO as it comes."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from transformers import GroundingDinoForObjectDetection

from rex_thinker_ros.models.grounding.grounded_detector import GroundedDetector
from rex_thinker_ros.models.grounding.grounding_dino import GroundingDinoDetector
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.referring.detector import RgbImage


class StockDetector(GroundingDinoDetector):
    """Propose what a GroundingDinoDetector does, from the same checkpoint, without its changes."""

    def __init__(self, directory: Path, profile: Profile, device: str) -> None:
        """Load the checkpoint once more."""
        place = torch.device(device)
        GroundedDetector.__init__(self, directory, name="stock", profile=profile, device=place)
        self._model = GroundingDinoForObjectDetection.from_pretrained(
            directory, local_files_only=True, dtype=torch.float32
        )
        self._model.to(place).eval()

    def _pixels(self, image: RgbImage) -> torch.Tensor:
        pixels: torch.Tensor = self._images(
            images=Image.fromarray(image), return_tensors="pt"
        )["pixel_values"]  # fmt: skip
        return pixels
