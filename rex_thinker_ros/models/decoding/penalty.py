"""The repetition penalty of a checkpoint, for several positions at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch


class RepetitionPenalty:
    """Make tokens less likely that were there before, as transformers' processor of that name does.

    A positive logit is divided by the penalty and a negative one multiplied with it, once however
    often the token came (Keskar et al., 2019, arXiv:1909.05858).
    """

    def __init__(self, penalty: float, prompt: torch.Tensor, vocabulary: int) -> None:
        """Begin with a prompt's tokens (length,)."""
        self._penalty = penalty
        self._seen = torch.zeros(vocabulary, dtype=torch.bool, device=prompt.device)
        self._seen[prompt] = True

    def see(self, tokens: Sequence[int]) -> None:
        """Count tokens as said."""
        if self._penalty != 1.0:
            self._seen[torch.tensor(tokens, dtype=torch.long, device=self._seen.device)] = True

    def apply(self, logits: torch.Tensor, drafted: Sequence[int]) -> torch.Tensor:
        """Return logits (1 + drafted, vocabulary), each row after that many of the drafted tokens.

        All that was said before counts for every row.
        """
        if self._penalty == 1.0:
            return logits
        seen = self._seen.expand_as(logits)
        if drafted:
            seen = seen.clone()
            for row, token in enumerate(drafted, 1):
                seen[row:, token] = True
        penalized = torch.where(logits < 0, logits * self._penalty, logits / self._penalty)
        return torch.where(seen, penalized, logits)
