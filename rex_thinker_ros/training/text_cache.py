"""Keys and values of texts that grow token by token after one image.

The modules are the stock model's, and the arithmetic is that of `reasoner_forward`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.training.reasoner_forward import Attention, causal, positions


@dataclass(frozen=True)
class ImageTurn:
    """What stands before the questions: token ids around the image, (1, cells, width), its grid."""

    prefix_ids: tuple[torch.Tensor, torch.Tensor]
    vision: torch.Tensor
    cells: tuple[int, int]


class TextCache:
    """Holds the keys and values of the image turn, computed once, and of rows of text after it.

    `room`: tokens of a row at most, the question included.
    """

    def __init__(
        self, model: Qwen2_5_VLForConditionalGeneration, turn: ImageTurn, room: int
    ) -> None:
        self.model, self.text = model, model.model.language_model
        self.heads = self.text.config.num_attention_heads
        self.room = room
        head, tail = turn.prefix_ids
        at_prefix, at_text = positions(len(head), turn.cells, len(tail), room)
        self.prefix = self._read_prefix(turn, at_prefix)
        self.cos, self.sin = (t[0] for t in self.text.rotary_emb(turn.vision, at_text))
        self.kept: list[tuple[torch.Tensor, torch.Tensor]] = []

    def _read_prefix(
        self, turn: ImageTurn, at: torch.Tensor
    ) -> list[tuple[torch.Tensor, torch.Tensor]]:
        head, tail = (self.text.embed_tokens(part)[None] for part in turn.prefix_ids)
        p = torch.cat([head, turn.vision, tail], 1)
        rope = tuple(t[:, None] for t in self.text.rotary_emb(p, at))
        hidden = causal(p.shape[1])
        kept = []
        for layer in self.text.layers:
            attention = Attention(layer.self_attn, self.heads)
            q, k, v = attention.project(layer.input_layernorm(p), rope)
            kept.append((k[0], v[0]))
            p = p + attention.output(functional.scaled_dot_product_attention(q, k, v, hidden))
            p = p + layer.mlp(layer.post_attention_layernorm(p))
        return kept

    def start(self, rows: int) -> None:
        """Make room for rows of text."""
        width = self.text.config.hidden_size // self.heads
        shape = (rows, self.heads, self.room, width)
        self.kept = [(torch.zeros(shape), torch.zeros(shape)) for _ in self.text.layers]

    def select(self, index: torch.Tensor) -> None:
        """Keep or repeat rows."""
        self.kept = [(k[index], v[index]) for k, v in self.kept]

    def read(self, ids: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        """Return the (rows, tokens, width) states of ids at places `at` (rows, tokens)."""
        rows, tokens = ids.shape
        n = int(at.max()) + 1
        x = self.text.embed_tokens(ids)
        rope = (self.cos[at][:, None], self.sin[at][:, None])
        shown = torch.arange(n) <= at[..., None]
        hidden = torch.zeros(shown.shape).masked_fill_(~shown, float("-inf"))[:, None]
        index = torch.arange(rows)[:, None]
        for layer, (kp, vp), (k_all, v_all) in zip(
            self.text.layers, self.prefix, self.kept, strict=True
        ):
            attention = Attention(layer.self_attn, self.heads)
            q, k, v = attention.project(layer.input_layernorm(x), rope)
            k_all[index, :, at] = k.transpose(1, 2)
            v_all[index, :, at] = v.transpose(1, 2)
            q = q * layer.self_attn.scaling
            shared = q.transpose(0, 1).flatten(1, 2)  # (heads, rows * tokens, width)
            to_prefix = (shared @ kp.transpose(-1, -2)).view(self.heads, rows, tokens, -1)
            to_text = q @ k_all[:, :, :n].transpose(-1, -2) + hidden
            weights = torch.softmax(torch.cat([to_prefix.transpose(0, 1), to_text], -1), -1)
            size = kp.shape[1]
            of_prefix = weights[..., :size].transpose(0, 1).flatten(1, 2) @ vp
            y = of_prefix.view(self.heads, rows, tokens, -1).transpose(0, 1)
            y = y + weights[..., size:] @ v_all[:, :, :n]
            x = x + attention.output(y)
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        return self.text.norm(x)
