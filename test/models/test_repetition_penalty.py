"""The penalty for several positions is transformers' own, position by position."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import RepetitionPenaltyLogitsProcessor

from rex_thinker_ros.models.decoding.penalty import RepetitionPenalty

VOCABULARY = 20
TOKENS = st.lists(st.integers(0, VOCABULARY - 1), max_size=8)


@given(
    penalty=st.sampled_from([1.0, 1.05, 1.5]),
    prompt=st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=8),
    said=TOKENS,
    drafted=TOKENS,
    seed=st.integers(0, 99),
)
def test_every_row_is_penalized_for_what_stands_before_it(
    penalty: float, prompt: list[int], said: list[int], drafted: list[int], seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(1 + len(drafted), VOCABULARY, generator=generator)
    ours = RepetitionPenalty(penalty, torch.tensor(prompt), VOCABULARY)
    ours.see(said)
    theirs = RepetitionPenaltyLogitsProcessor(penalty)
    expected = [
        theirs(torch.tensor([prompt + said + drafted[:row]]), logits[row : row + 1])[0]
        for row in range(1 + len(drafted))
    ]
    assert torch.equal(ours.apply(logits, drafted), torch.stack(expected))
