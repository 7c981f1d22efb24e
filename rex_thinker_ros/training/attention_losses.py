"""What attention heads should look at while they are trained, and how far they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Wish:
    """What (layer, head) `heads` should attend to from `places` (n, 2): sequence, position.

    `share` takes the attention (n, keys) from there and returns the part (n,) that is well spent.
    """

    name: str
    places: torch.Tensor
    heads: tuple[tuple[int, int], ...]
    share: Callable[[torch.Tensor], torch.Tensor]


def attention_losses(
    attention: Mapping[int, torch.Tensor], wishes: Sequence[Wish]
) -> dict[str, torch.Tensor]:
    """Return for each wish how little of the attention of its heads is spent as it should be.

    Each layer's (sequences, heads, tokens, keys) probabilities are read once: the gradient of
    every reading is as large as they are.
    """
    spent: dict[str, list[torch.Tensor]] = {wish.name: [] for wish in wishes}
    for layer, weights in attention.items():
        asked = [(w, head) for w in wishes for at, head in w.heads if at == layer]
        _, heads, tokens, _ = weights.shape
        rows = [(w.places[:, 0] * heads + head) * tokens + w.places[:, 1] for w, head in asked]
        if not rows:
            continue
        read = weights.flatten(0, 2).index_select(0, torch.cat(rows)).float()
        for (wish, _), part in zip(asked, read.split([len(r) for r in rows]), strict=True):
            if len(part):
                spent[wish.name].append(-(wish.share(part) + 1e-4).log().mean())
    return {
        name: torch.stack(parts).mean() if parts else torch.zeros(())
        for name, parts in spent.items()
    }


def over_cells(
    name: str, places: torch.Tensor, masks: torch.Tensor, heads: tuple[tuple[int, int], ...],
    cells: slice,
) -> Wish:  # fmt: skip
    """Return the wish to look at cells by their masks (n, cells)."""
    return Wish(name, places, heads, lambda rows: (rows[:, cells] * masks).sum(-1))


def at_sources(
    name: str, pairs: torch.Tensor, heads: tuple[tuple[int, int], ...], *, before: int
) -> Wish:
    """Return the wish to look at tokens: (n, 3) sequence, position, source, `before` tokens on."""
    sources = before + pairs[:, 2:]
    return Wish(name, pairs[:, :2], heads, lambda rows: rows.gather(1, sources)[:, 0])
