"""A forced text for the reasoner that decodes with transformers' own generate."""

from __future__ import annotations

import torch
from forced_text import _LEAD, ForcedText
from stock_reasoner import StockReasoner


class ForcedStock(ForcedText):
    """Say what ForcedText says, at the cost of generate."""

    def __init__(self, reasoner: StockReasoner, tokens: int) -> None:
        """Take a reasoner, whose language head is replaced, and the tokens of an answer."""
        self.name = f"{reasoner.name}, forced"
        self._reasoner = reasoner
        self._tokens = tokens
        self._forced = reasoner.model.lm_head = _ForcedSteps(reasoner.model.lm_head)


class _ForcedSteps(torch.nn.Module):
    """A language head that is asked for one position at a time: generate's way."""

    def __init__(self, head: torch.nn.Module) -> None:
        super().__init__()
        self._inner = head
        self._ids: list[int] = []
        self._said = 0

    def say(self, ids: list[int]) -> None:
        """Begin a text after the next prompt; its last token goes on for ever."""
        self._ids, self._said = ids, 0

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return logits (1, 1, vocabulary) with the next token ahead."""
        logits: torch.Tensor = self._inner(hidden)
        token = self._ids[min(self._said, len(self._ids) - 1)]
        logits[0, -1, token] += logits[0, -1].abs().max() + _LEAD
        self._said += 1
        return logits
