"""How likely a reasoner finds completions that were drawn."""

from __future__ import annotations

import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.training.reasoner_forward import think
from rex_thinker_ros.training.sampling import Samples
from rex_thinker_ros.training.text_cache import ImageTurn


def log_probs(
    model: Qwen2_5_VLForConditionalGeneration, turn: ImageTurn, samples: Samples,
    temperature: float,
) -> torch.Tensor:  # fmt: skip
    """Return (rows, tokens) log-probabilities of the drawn tokens, 0 elsewhere, with gradients."""
    hidden = think(
        model, prefix_ids=turn.prefix_ids, vision=turn.vision, cells=turn.cells,
        ids=samples.ids[None, :, :-1], early_layer=0, guided=(),
    )  # fmt: skip
    drawn = samples.drawn()
    logits = model.lm_head(hidden.last[drawn[:, 1:]]) / temperature
    chosen = torch.log_softmax(logits, -1).gather(1, samples.ids[drawn][:, None])[:, 0]
    return torch.zeros(drawn.shape).masked_scatter(drawn, chosen)
