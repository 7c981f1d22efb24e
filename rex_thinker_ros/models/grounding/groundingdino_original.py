"""The detector: Grounding DINO through its original package."""

from __future__ import annotations

from typing import Any

import torch
from transformers import BatchEncoding

from rex_thinker_ros.models.grounding.grounded_detector import GroundedDetector
from rex_thinker_ros.models.grounding.original_model import (
    TEXT_LENGTH,
    ForeignWeightsError,
    original_model,
)
from rex_thinker_ros.models.grounding.original_weights import OriginalWeights
from rex_thinker_ros.models.grounding.pickled_weights import read_pickled_weights
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.weights import WeightsError

_TOKENS = ("input_ids", "token_type_ids", "attention_mask")


class OriginalGroundingDinoDetector(GroundedDetector):
    """Run a .pth file with the package groundingdino."""

    def __init__(
        self, weights: OriginalWeights, *, name: str, profile: Profile, device: torch.device
    ) -> None:
        """Load what find_original returned; WeightsError where the file is no Grounding DINO."""
        super().__init__(weights.processing, name=name, profile=profile, device=device)
        try:
            model = original_model(read_pickled_weights(weights.file), self._tokenizer)
        except ForeignWeightsError as error:
            raise WeightsError(
                f"{weights.file} does not hold the weights of a Grounding DINO with the tokenizer "
                f"of {weights.processing}: {error}"
            ) from error
        # float32 on any device, as with transformers
        self._model: Any = model.to(device)

    @property
    def _text_length(self) -> int:
        return TEXT_LENGTH

    def _run(self, inputs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        tokens = BatchEncoding({name: inputs[name] for name in _TOKENS})
        outputs = self._model(inputs["pixel_values"], captions=tokens)
        return outputs["pred_logits"][0], outputs["pred_boxes"][0]
