"""The language layers of a small model on a CPU, with few and large operations.

A pass over a few tokens is little arithmetic: what takes the time is reading the weights and
starting operations. Here queries, keys and values are one product, so are the two halves of the
feed-forward's input, and the two channels that a position turns lie side by side, as a complex
number. The weights stay the numbers that they are in the checkpoint: as halves they are read twice
as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from rex_thinker_ros.models.decoding.kept_cache import KeptCache
from rex_thinker_ros.models.decoding.layers import LanguageLayers, added_mask
from rex_thinker_ros.models.packed_linear import Packed, may_pack


def language_layers(model: Any) -> LanguageLayers:
    """Return the layers of a loaded Qwen2_5_VLForConditionalGeneration, fused where that pays.

    Raises UnsupportedModelError as LanguageLayers does.
    """
    plain = LanguageLayers(model)
    return FusedLayers(model) if plain.attention == "sdpa" and may_pack(model) else plain


@dataclass(frozen=True, slots=True)
class _Layer:
    attention: Packed  # queries, keys and values of all heads, one after another
    output: Packed
    gates: Packed  # what is gated, after the gates
    down: Packed
    before: Tensor  # scale of the normalisation before the attention
    between: Tensor  # of the one before the feed-forward


class FusedLayers(LanguageLayers):
    """Run the layers over a cache; the results are those of the library but for rounding."""

    def __init__(self, model: Any) -> None:
        """Copy the weights. For a model of float32 on a CPU."""
        super().__init__(model)
        config = self._language.config
        self._heads: int = config.num_attention_heads
        self._kept_heads: int = config.num_key_value_heads
        self._epsilon: float = self._language.norm.variance_epsilon
        self._after: Tensor = self._language.norm.weight.detach()
        self._fused = [self._fuse(layer) for layer in self._language.layers]
        self._out = Packed(self._head.weight)

    def run(
        self,
        embedded: Tensor,
        positions: Tensor,
        allowed: Tensor | None,
        cache: KeptCache,
        wanted: int | None = None,
    ) -> Tensor:
        """Return (1, wanted, width): see LanguageLayers."""
        cos, sin = (
            table[0].unsqueeze(1) for table in self._language.rotary_emb(embedded, positions)
        )
        half = cos.shape[-1] // 2  # both tables hold the same twice
        turns = torch.complex(cos[..., :half], sin[..., :half])
        # of booleans each layer's attention would make it anew
        mask = None if allowed is None else added_mask(allowed, embedded.dtype)
        hidden = embedded[0]
        last = len(self._fused) - 1
        for number, layer in enumerate(self._fused):
            states = layer.attention(self._normed(hidden, layer.before))
            states = states.view(len(hidden), -1, 2 * half)
            turning = states[:, : self._heads + self._kept_heads].unflatten(-1, (half, 2))
            turned = torch.view_as_real(torch.view_as_complex(turning) * turns).flatten(-2)
            keys = turned[:, self._heads :].transpose(0, 1)[None]
            values = states[:, self._heads + self._kept_heads :].transpose(0, 1)[None]
            held = cache.update(keys, values, number)
            if number == last and wanted is not None:
                # of the others only the cache is of use
                skipped = len(hidden) - wanted
                hidden, turned = hidden[skipped:], turned[skipped:]
                mask = None if mask is None else mask[skipped:]
            queries = turned[:, : self._heads].transpose(0, 1)[None]
            seen = functional.scaled_dot_product_attention(
                queries, *held, attn_mask=mask, enable_gqa=self._kept_heads != self._heads
            )
            hidden = hidden + layer.output(seen[0].transpose(0, 1).flatten(1))
            gates, gated = layer.gates(self._normed(hidden, layer.between)).chunk(2, -1)
            hidden = hidden + layer.down(functional.silu(gates) * gated)
        return self._normed(hidden, self._after)[None]

    def logits(self, hidden: Tensor) -> Tensor:
        """Return (new, vocabulary) for the (1, new, width) of run."""
        return self._out(hidden[0])

    def _normed(self, hidden: Tensor, scale: Tensor) -> Tensor:
        return scale * hidden * torch.rsqrt(hidden.square().mean(-1, keepdim=True) + self._epsilon)

    def _fuse(self, layer: Any) -> _Layer:
        attention, feed_forward = layer.self_attn, layer.mlp
        parts = (
            (attention.q_proj, self._heads),
            (attention.k_proj, self._kept_heads),
            (attention.v_proj, None),
        )
        return _Layer(
            attention=Packed(
                torch.cat([_paired(part.weight, heads) for part, heads in parts]),
                torch.cat([_paired(part.bias, heads) for part, heads in parts]),
            ),
            output=Packed(attention.o_proj.weight),
            gates=Packed(torch.cat([feed_forward.gate_proj.weight, feed_forward.up_proj.weight])),
            down=Packed(feed_forward.down_proj.weight),
            before=layer.input_layernorm.weight.detach(),
            between=layer.post_attention_layernorm.weight.detach(),
        )


def _paired(rows: Tensor, heads: int | None) -> Tensor:
    """Return rows (heads x channels, ...) with each head's second half in between its first."""
    if heads is None:
        return rows
    halves = rows.unflatten(0, (heads, 2, -1))
    return halves.transpose(1, 2).flatten(0, 2)
