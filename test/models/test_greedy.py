"""The loop says what greedy decoding says, whatever is drafted."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models

from rex_thinker_ros.models.decoding.greedy import best_tokens, decode
from rex_thinker_ros.models.decoding.penalty import RepetitionPenalty
from rex_thinker_ros.models.decoding.transcript import Transcript
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.reasoner import StopReason

VOCABULARY = 7
END = 0


class Chain:
    """Stand in for a model: what comes next depends on all that was read, and on nothing else."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.sequence: list[int] = [1]

    def logits(self) -> torch.Tensor:
        generator = torch.Generator().manual_seed(hash((self._seed, *self.sequence)) % 2**31)
        return torch.randn(VOCABULARY, generator=generator)

    def read(self, tokens: list[int]) -> torch.Tensor:
        rows = []
        for token in tokens:
            self.sequence.append(token)
            rows.append(self.logits())
        return torch.stack(rows)

    def take_back(self, tokens: int) -> None:
        if tokens:
            del self.sequence[-tokens:]


class Guesses:
    """Draft what hypothesis thinks of, wrong as a rule."""

    def __init__(self, drafts: list[list[int]]) -> None:
        self._drafts = iter(drafts)

    def draft(self, transcript: Transcript) -> list[int]:
        return next(self._drafts, [])


def run(
    seed: int, penalty: float, drafts: list[list[int]], budget: int = 12
) -> tuple[list[int], list[int], Transcript]:
    words = {f"w{i}": i for i in range(VOCABULARY)}
    tokenizer = Tokenizer(models.WordLevel(words, "w1"))
    tokenizer.decoder = decoders.Fuse()
    chain = Chain(seed)
    transcript = Transcript(
        tokenizer, end_tokens={END}, most_tokens=budget, seconds=60.0,
        on_text=lambda piece: None, cancel=CancelToken(),
    )  # fmt: skip
    seen = RepetitionPenalty(penalty, torch.tensor([1]), VOCABULARY)
    decode(chain, chain.logits()[None], seen, Guesses(drafts), transcript)  # type: ignore[arg-type]
    return transcript.tokens, chain.sequence, transcript


@given(
    seed=st.integers(0, 1000),
    penalty=st.sampled_from([1.0, 1.05, 2.0]),
    drafts=st.lists(st.lists(st.integers(0, VOCABULARY - 1), max_size=6), max_size=12),
)
def test_drafts_change_nothing_but_the_passes(
    seed: int, penalty: float, drafts: list[list[int]]
) -> None:
    plain, _, one_by_one = run(seed, penalty, [])
    drafted, sequence, at_once = run(seed, penalty, drafts)
    assert drafted == plain
    assert at_once.completion().margins == one_by_one.completion().margins
    assert one_by_one.passes == len(plain)
    assert at_once.passes <= len(plain)
    # what the model has read is what was said, but for the rest of a draft after the end
    assert sequence[1 : len(drafted)] == drafted[:-1]


def test_a_right_draft_takes_one_pass() -> None:
    plain, _, _ = run(3, 1.0, [])
    assert len(plain) > 3
    again, _, transcript = run(3, 1.0, [plain[1:]])
    assert again == plain
    assert transcript.passes == 2


@pytest.mark.parametrize("budget", [1, 2, 5])
def test_a_draft_does_not_go_beyond_the_budget(budget: int) -> None:
    long, _, _ = run(3, 1.0, [], budget=12)
    assert len(long) > 5
    tokens, sequence, transcript = run(3, 1.0, [long[1:]], budget=budget)
    assert tokens == long[:budget]
    assert len(sequence) <= 1 + budget
    assert transcript.completion().stop is StopReason.TOKEN_BUDGET


@pytest.mark.parametrize(
    ("scores", "lead"),
    [([1.0, 4.0, 3.5], 0.5), ([2.0, 2.0, 0.0], 0.0), ([1.0, -math.inf], math.inf)],
)
def test_the_lead_is_over_the_next_best(scores: list[float], lead: float) -> None:
    assert best_tokens(torch.tensor([scores])).leads == [lead]


def test_logits_that_are_not_numbers_are_a_fault() -> None:
    with pytest.raises(FloatingPointError, match="not numbers"):
        best_tokens(torch.tensor([[1.0, 2.0, 0.0], [1.0, math.nan, 2.0]]))
