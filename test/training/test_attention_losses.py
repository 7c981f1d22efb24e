"""Heads are told where to look, and all that is asked of a layer is read at once."""

from __future__ import annotations

import math

import pytest
import torch

from rex_thinker_ros.training.attention_losses import (
    all_over_cells,
    at_sources,
    attention_losses,
    over_cells,
)

# one layer: 2 sequences, 2 heads, 3 tokens, 4 keys
ATTENTION = torch.softmax(torch.randn(2, 2, 3, 4, generator=torch.Generator().manual_seed(0)), -1)


def test_each_wish_is_the_mean_of_what_its_heads_miss() -> None:
    pairs = torch.tensor(
        [[0, 1, 0], [1, 2, 2]]
    )  # sequence, position, source; one key stands before
    masks = torch.tensor([[1.0, 0.5]])
    losses = attention_losses(
        {3: ATTENTION},
        [
            at_sources("copy", pairs, ((3, 0), (3, 1)), before=1),
            over_cells("look", torch.tensor([[1, 0]]), masks, ((3, 1),), slice(1, 3)),
            at_sources("none", torch.zeros(0, 3, dtype=torch.long), ((3, 0),), before=1),
            at_sources("elsewhere", pairs, ((4, 0),), before=1),
        ],
    )
    shares = [float(ATTENTION[s, head, at, 1 + to]) for head in (0, 1) for s, at, to in pairs]
    copy = -sum(math.log(share + 1e-4) for share in shares) / 4
    seen = float(ATTENTION[1, 1, 0, 1] + 0.5 * ATTENTION[1, 1, 0, 2])
    assert float(losses["copy"]) == pytest.approx(copy, abs=1e-5)
    assert float(losses["look"]) == pytest.approx(-math.log(seen + 1e-4), abs=1e-5)
    assert losses["none"] == losses["elsewhere"] == 0


@pytest.mark.parametrize(
    ("attention", "loss"),
    [
        pytest.param([0.0, 0.5, 0.25, 0.25], 0.0, id="as the cells show it"),
        pytest.param([0.0, 1.0, 0.0, 0.0], 0.5 * math.log(1e4) - 1.5 * math.log(2), id="one cell"),
        pytest.param([0.5, 0.25, 0.125, 0.125], math.log(2), id="half of it elsewhere"),
    ],
)
def test_all_of_what_shows_a_thing_is_looked_at(attention: list[float], loss: float) -> None:
    wish = all_over_cells(
        "look", torch.tensor([[0, 0]]), torch.tensor([[1.0, 0.5, 0.5]]), ((0, 0),), slice(1, 4)
    )
    rows = torch.tensor(attention).view(1, 1, 1, 4)
    assert float(attention_losses({0: rows}, [wish])["look"]) == pytest.approx(loss, abs=2e-3)


def test_only_what_was_asked_for_gets_a_gradient() -> None:
    weights = ATTENTION.clone().requires_grad_()
    wish = at_sources("copy", torch.tensor([[0, 1, 2]]), ((0, 1),), before=0)
    attention_losses({0: weights}, [wish])["copy"].backward()
    assert weights.grad is not None
    assert weights.grad.nonzero().tolist() == [[0, 1, 1, 2]]
