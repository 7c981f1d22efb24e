"""Completions of one prompt as tokens, and how likely a model finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers.modeling_outputs import BaseModelOutputWithPooling


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt as a model reads it.

    `tokens`: input_ids, attention_mask and mm_token_type_ids (1, length), image_grid_thw (1, 3);
    `pixels` (patches, values); `vision` (image tokens, width) where the tower never changes.
    """

    tokens: dict[str, torch.Tensor]
    pixels: torch.Tensor
    vision: torch.Tensor | None = None

    def inputs(self, model: Any, rows: int) -> dict[str, Any]:
        """Return what the model's forward takes for `rows` times this prompt."""
        vision = see(model, self) if self.vision is None else self.vision
        repeated = {name: value.repeat(rows, 1) for name, value in self.tokens.items()}
        features = BaseModelOutputWithPooling(pooler_output=(vision,) * rows)
        return {**repeated, "mm_encoder_outputs": {"image": features}}


def see(model: Any, turn: Turn) -> torch.Tensor:
    """Return the (image tokens, width) that the model's vision tower makes of the image."""
    seen = model.model.get_image_features(
        turn.pixels, turn.tokens["image_grid_thw"], return_dict=True
    )
    vision: torch.Tensor = seen.pooler_output[0]
    return vision


def mask_of(completions: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return (rows, tokens), true where a completion has a token."""
    lengths = torch.tensor([len(ids) for ids in completions], device=completions[0].device)
    return torch.arange(int(lengths.max()), device=lengths.device) < lengths[:, None]


def log_probs(
    model: Any, turn: Turn, completions: Sequence[torch.Tensor], temperature: float = 1.0
) -> torch.Tensor:
    """Return (rows, tokens) log-probabilities of completions of one prompt, 0 where they ended.

    The model is the stock one, with or without adapters.
    """
    mask = mask_of(completions)
    ids = pad_sequence(list(completions), batch_first=True)
    inputs = turn.inputs(model, len(completions))
    no_image = torch.zeros_like(ids)
    inputs["input_ids"] = torch.cat([inputs["input_ids"], ids], 1)
    inputs["attention_mask"] = torch.cat([inputs["attention_mask"], mask.long()], 1)
    inputs["mm_token_type_ids"] = torch.cat([inputs["mm_token_type_ids"], no_image], 1)
    # the logits of a large vocabulary are most of the memory: none of the prompt's
    kept = model(**inputs, use_cache=False, logits_to_keep=ids.shape[1] + 1).logits[:, :-1]
    losses = functional.cross_entropy(kept[mask].float() / temperature, ids[mask], reduction="none")
    return torch.zeros(mask.shape, device=ids.device).masked_scatter(mask, -losses)
