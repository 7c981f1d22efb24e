"""The reasoner's forward pass for training: one image shared by several questions.

It uses the stock model's own modules and weights, and gives the stock model's logits (a test
compares them); it is several times faster on a CPU, because an image and the turn before it are
computed once for all questions about it, and it hands out the attention that the auxiliary
losses guide.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional
from transformers import Qwen2_5_VLForConditionalGeneration


@dataclass
class Hidden:
    """States (tokens, width) of the image cells and the questions, and the guided attention.

    `attention[layer]`: (images, questions, heads, tokens, prefix + tokens) probabilities of the
    question tokens, for the layers that were asked for.
    """

    vision: torch.Tensor | None
    early_image: torch.Tensor | None
    early: torch.Tensor
    last: torch.Tensor
    attention: dict[int, torch.Tensor]


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Apply rotary embeddings to (..., tokens, head width)."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


def see(
    model: Qwen2_5_VLForConditionalGeneration, pixels: torch.Tensor, grid: tuple[int, int]
) -> torch.Tensor:
    """Return image tokens (images, cells, width).

    `pixels`: (images, patches, 588) in the stock order of patches, one frame of the two; `grid`:
    rows and columns of patches.
    """
    tower = model.model.visual
    images, patches, _ = pixels.shape
    weight = tower.patch_embed.proj.weight.sum(2).flatten(1)  # both frames are the same picture
    x = functional.linear(pixels, weight)
    cos, sin = tower.rotary_pos_emb(x, patch_positions(grid))
    for block in tower.blocks:
        y = block.norm1(x)
        heads = block.attn.num_heads
        q, k, v = block.attn.qkv(y).view(images, patches, 3, heads, -1).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        weights = torch.softmax(q @ k.transpose(-1, -2) * block.attn.scaling, -1)
        y = (weights @ v).transpose(1, 2).reshape(images, patches, -1)
        x = x + block.attn.proj(y)
        x = x + block.mlp(block.norm2(x))
    return tower.merger(x).view(images, patches // 4, -1)


def patch_positions(grid: tuple[int, int]) -> torch.Tensor:
    """Return (patches, 2) row and column, 2 x 2 patches of a cell after one another."""
    rows, columns = torch.meshgrid(torch.arange(grid[0]), torch.arange(grid[1]), indexing="ij")
    both = torch.stack([rows, columns], -1)
    cells = both.view(grid[0] // 2, 2, grid[1] // 2, 2, 2).permute(0, 2, 1, 3, 4)
    return cells.reshape(-1, 2)


def positions(
    head: int, cells: tuple[int, int], tail: int, tokens: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the (3, 1, n) time, row and column positions of the prefix and of a question.

    The prefix: `head` tokens, the image's cells (rows, columns), `tail` tokens.
    """
    rows, columns = torch.meshgrid(torch.arange(cells[0]), torch.arange(cells[1]), indexing="ij")
    grid = torch.stack([torch.zeros_like(rows), rows, columns]).flatten(1) + head
    after = head + max(cells)
    texts = [torch.arange(start, start + n).expand(3, n) for start, n in (
        (0, head), (after, tail), (after + tail, tokens))]  # fmt: skip
    prefix = torch.cat([texts[0], grid, texts[1]], 1)
    return prefix[:, None], texts[2][:, None]


class Attention:
    """Shared-prefix attention of one decoder layer."""

    def __init__(self, module: nn.Module, heads: int) -> None:
        self.module, self.heads = module, heads

    def project(
        self, x: torch.Tensor, rope: tuple[torch.Tensor, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return rotated queries and keys, and values, as (batch, heads, tokens, head width)."""
        m = self.module
        q, k, v = (
            f(x).view(*x.shape[:2], self.heads, -1).transpose(1, 2)
            for f in (m.q_proj, m.k_proj, m.v_proj)
        )
        cos, sin = rope
        return rotate(q, cos, sin), rotate(k, cos, sin), v

    def output(self, x: torch.Tensor) -> torch.Tensor:
        """Join the heads of (batch, heads, tokens, head width)."""
        return self.module.o_proj(x.transpose(1, 2).flatten(2))


def causal(n: int) -> torch.Tensor:
    """Return the (n, n) additive mask that hides what comes later."""
    return torch.full((n, n), float("-inf")).triu(1)


def think(
    model: Qwen2_5_VLForConditionalGeneration, *,
    prefix_ids: tuple[torch.Tensor, torch.Tensor], vision: torch.Tensor | None,
    cells: tuple[int, int], ids: torch.Tensor, early_layer: int, guided: tuple[int, ...],
) -> Hidden:  # fmt: skip
    """Run the decoder over (images, questions, tokens) ids that share each image's prefix.

    Without `vision` the questions are read as if the image came before them but could not be
    seen: text skills are drilled so.
    """
    text = model.model.language_model
    images, questions, tokens = ids.shape
    head, tail = prefix_ids
    scale = text.layers[0].self_attn.scaling
    x = text.embed_tokens(ids).flatten(0, 1)
    at_prefix, at_text = positions(len(head), cells, len(tail), tokens)
    rope = tuple(t[:, None] for t in text.rotary_emb(x, at_text))
    p = None
    if vision is not None:
        ends = [text.embed_tokens(part).expand(images, -1, -1) for part in (head, tail)]
        p = torch.cat([ends[0], vision, ends[1]], 1)
        rope_p = tuple(t[:, None] for t in text.rotary_emb(p, at_prefix))
        mask_p = causal(p.shape[1])
    mask = causal(tokens)
    kept: dict[int, torch.Tensor] = {}
    early = early_image = x
    for number, layer in enumerate(text.layers):
        attention = Attention(layer.self_attn, text.config.num_attention_heads)
        q, k, v = attention.project(layer.input_layernorm(x), rope)
        scores = q @ k.transpose(-1, -2) * scale + mask
        if p is not None:
            qp, kp, vp = attention.project(layer.input_layernorm(p), rope_p)
            shared = q.view(images, questions, *q.shape[1:]).transpose(1, 2).flatten(2, 3)
            to_prefix = (shared @ kp.transpose(-1, -2) * scale).view(
                images, q.shape[1], questions, tokens, -1
            ).transpose(1, 2).flatten(0, 1)  # fmt: skip
            scores = torch.cat([to_prefix, scores], -1)
        weights = torch.softmax(scores, -1)
        if number in guided:
            kept[number] = weights
        if p is not None:
            size = p.shape[1]
            from_prefix = weights[..., :size].reshape(
                images, questions, -1, tokens, size
            ).transpose(1, 2).flatten(2, 3) @ vp  # fmt: skip
            y = from_prefix.view(
                images, q.shape[1], questions, tokens, -1
            ).transpose(1, 2).flatten(0, 1) + weights[..., size:] @ v  # fmt: skip
        else:
            y = weights @ v
        x = x + attention.output(y)
        x = x + layer.mlp(layer.post_attention_layernorm(x))
        if p is not None and number + 1 < len(text.layers):
            weights_p = torch.softmax(qp @ kp.transpose(-1, -2) * scale + mask_p, -1)
            p = p + attention.output(weights_p @ vp)
            p = p + layer.mlp(layer.post_attention_layernorm(p))
        if number == early_layer:
            early = x
            early_image = None if p is None else p[:, len(head) : p.shape[1] - len(tail)]
    return Hidden(vision, early_image, early, text.norm(x), kept)
