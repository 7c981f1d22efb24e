"""Go on from weights of the reasoner that were saved before."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.training.losses import Guides

RESUME_HELP = "state.pt of train_reasoner, or a checkpoint directory, to go on from"


def go_on(start: Path, model: Qwen2_5_VLForConditionalGeneration, guides: Guides) -> bool:
    """Load a state.pt, or a checkpoint directory, which lacks the guides; tell whether they came.

    Tokens that the vocabulary has got since keep the untrained rows of `model`.
    """
    if start.is_dir():
        stock = Qwen2_5_VLForConditionalGeneration.from_pretrained(start, dtype=torch.float32)
        weights: dict[str, torch.Tensor] = stock.state_dict()
    else:
        state = torch.load(start, weights_only=True)
        weights = state["model"]
        guides.load_state_dict(state["guides"], strict=False)
    table = model.get_input_embeddings().weight.detach()
    for name, rows in weights.items():
        if name.endswith(("embed_tokens.weight", "lm_head.weight")):
            weights[name] = torch.cat([rows, table[len(rows) :]])
    model.load_state_dict(weights)
    return not start.is_dir()
