"""What attention heads should look at while they are trained, and how far they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

EPSILON = 1e-4


@dataclass(frozen=True)
class Wish:
    """What (layer, head) `heads` should attend to from `places` (n, 2): sequence, position.

    `loss` takes the attention (n, keys) from there and returns how far it is from that (n,).
    """

    name: str
    places: torch.Tensor
    heads: tuple[tuple[int, int], ...]
    loss: Callable[[torch.Tensor], torch.Tensor]


def attention_losses(
    attention: Mapping[int, torch.Tensor], wishes: Sequence[Wish]
) -> dict[str, torch.Tensor]:
    """Return for each wish how far the attention of its heads is from what it should be.

    Each layer's (sequences, heads, tokens, keys) probabilities are read once: the gradient of
    every reading is as large as they are.
    """
    far: dict[str, list[torch.Tensor]] = {wish.name: [] for wish in wishes}
    for layer, weights in attention.items():
        asked = [(w, head) for w in wishes for at, head in w.heads if at == layer]
        _, heads, tokens, _ = weights.shape
        rows = [(w.places[:, 0] * heads + head) * tokens + w.places[:, 1] for w, head in asked]
        if not rows:
            continue
        read = weights.flatten(0, 2).index_select(0, torch.cat(rows)).float()
        for (wish, _), part in zip(asked, read.split([len(r) for r in rows]), strict=True):
            if len(part):
                far[wish.name].append(wish.loss(part).mean())
    return {
        name: torch.stack(parts).mean() if parts else torch.zeros(()) for name, parts in far.items()
    }


def over_cells(
    name: str, places: torch.Tensor, masks: torch.Tensor, heads: tuple[tuple[int, int], ...],
    cells: slice,
) -> Wish:  # fmt: skip
    """Return the wish to look anywhere at cells by their masks (n, cells)."""
    return Wish(name, places, heads, lambda rows: _lost((rows[:, cells] * masks).sum(-1)))


def all_over_cells(
    name: str, places: torch.Tensor, masks: torch.Tensor, heads: tuple[tuple[int, int], ...],
    cells: slice,
) -> Wish:  # fmt: skip
    """Return the wish to look at all cells alike, as far as their masks (n, cells) show them.

    The loss is the Kullback-Leibler divergence of the attention from that.
    """
    goal = masks / masks.sum(-1, keepdim=True).clamp(min=1e-6)
    least = -(goal * (goal + EPSILON).log()).sum(-1)
    return Wish(name, places, heads, lambda rows: (goal * _lost(rows[:, cells])).sum(-1) - least)


def at_sources(
    name: str, pairs: torch.Tensor, heads: tuple[tuple[int, int], ...], *, before: int
) -> Wish:
    """Return the wish to look at tokens: (n, 3) sequence, position, source, `before` tokens on."""
    sources = before + pairs[:, 2:]
    return Wish(name, pairs[:, :2], heads, lambda rows: _lost(rows.gather(1, sources)[:, 0]))


def _lost(share: torch.Tensor) -> torch.Tensor:
    return -(share + EPSILON).log()
