"""The detector: Grounding DINO through transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import GroundingDinoForObjectDetection

from rex_thinker_ros.models.grounding.folded_norms import fold_norms
from rex_thinker_ros.models.grounding.grounded_detector import GroundedDetector
from rex_thinker_ros.models.packed_linear import pack_linears
from rex_thinker_ros.models.profiles import Profile


class GroundingDinoDetector(GroundedDetector):
    """Run a checkpoint of transformers."""

    def __init__(
        self, directory: Path, *, name: str, profile: Profile, device: torch.device
    ) -> None:
        """Load a checkpoint from a directory that find_weights returned."""
        super().__init__(directory, name=name, profile=profile, device=device)
        # float32 on any device: the sampling offsets lose whole pixels in bf16
        self._model: Any = GroundingDinoForObjectDetection.from_pretrained(
            directory, local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
        self._model.to(device).eval()
        fold_norms(self._model.model.backbone)
        # in this order of pixels a CPU's convolutions and poolings are faster
        self._model.model.backbone.to(memory_format=torch.channels_last)
        for module in self._model.model.backbone.modules():
            if isinstance(module, torch.nn.ReLU):
                module.inplace = True  # what a convolution returned is of no other use
        pack_linears(self._model)

    @property
    def _text_length(self) -> int:
        return int(self._model.config.max_text_len)

    def _run(self, inputs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        outputs = self._model(**inputs)
        return outputs.logits[0], outputs.pred_boxes[0]
