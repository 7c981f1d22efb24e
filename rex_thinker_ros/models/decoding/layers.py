"""The language layers of a Qwen2.5-VL: embedded tokens in, logits out."""

from __future__ import annotations

from typing import Any

import torch

from rex_thinker_ros.models.decoding.kept_cache import KeptCache
from rex_thinker_ros.user_error import UserError


class UnsupportedModelError(UserError):
    """Say what a checkpoint asks for that is not decoded here."""


class LanguageLayers:
    """Run the layers of a loaded Qwen2_5_VLForConditionalGeneration over a cache."""

    def __init__(self, model: Any) -> None:
        """Raises UnsupportedModelError for a model with sliding windows in these layers."""
        self._language = model.model.language_model
        self._head = model.lm_head
        self.attention: str = self._language.config._attn_implementation
        if self._language.has_sliding_layers:
            raise UnsupportedModelError("Checkpoints with sliding windows are not supported.")

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Return what stands for tokens (1, length), as (1, length, width)."""
        embedded: torch.Tensor = self._language.embed_tokens(ids)
        return embedded

    def run(
        self,
        embedded: torch.Tensor,
        positions: torch.Tensor,
        allowed: torch.Tensor | None,
        cache: KeptCache,
        wanted: int | None = None,
    ) -> torch.Tensor:
        """Return (1, wanted, width) of embedded tokens (1, new, width) at positions (3, 1, new).

        wanted: of how many, the last ones; of all where it is None. allowed (new, held) says which
        of the tokens in the cache each new one may see; None leaves that to the attention, which
        knows for one token, and for flash-attn.
        """
        mask = None if allowed is None else self._mask(allowed, embedded.dtype)
        rotation = self._language.rotary_emb(embedded, positions)
        hidden = embedded
        for layer in self._language.layers:
            hidden = layer(
                hidden,
                attention_mask=mask,
                position_embeddings=rotation,
                past_key_values=cache,
                use_cache=True,
            )
        if wanted is not None:
            hidden = hidden[:, hidden.shape[1] - wanted :]
        normed: torch.Tensor = self._language.norm(hidden)
        return normed

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return (new, vocabulary) in float32 for (1, new, width)."""
        logits: torch.Tensor = self._head(hidden)[0].float()
        return logits

    def _mask(self, allowed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        if self.attention != "eager":
            return allowed[None, None]
        return added_mask(allowed, dtype)[None, None]


def added_mask(allowed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return what is added to attention's scores, so that only what is allowed counts."""
    added = torch.zeros_like(allowed, dtype=dtype)
    return added.masked_fill(~allowed, torch.finfo(dtype).min)
