"""A detector that runs transformers' Grounding DINO as it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import GroundingDinoForObjectDetection

from rex_thinker_ros.models.grounding.grounded_detector import GroundedDetector
from rex_thinker_ros.models.profiles import Profile


class StockDetector(GroundedDetector):
    """Propose what a GroundingDinoDetector does, from the same checkpoint, without its changes."""

    def __init__(self, directory: Path, profile: Profile, device: str) -> None:
        """Load the checkpoint once more."""
        super().__init__(directory, name="stock", profile=profile, device=torch.device(device))
        self._model: Any = GroundingDinoForObjectDetection.from_pretrained(
            directory, local_files_only=True, dtype=torch.float32
        )
        self._model.to(device).eval()

    @property
    def _text_length(self) -> int:
        return int(self._model.config.max_text_len)

    def _run(self, inputs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        outputs = self._model(**inputs)
        return outputs.logits[0], outputs.pred_boxes[0]
