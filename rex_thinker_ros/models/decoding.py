"""What happens at every generated token: stream its text, and see whether to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream
from transformers import LogitsProcessor, StoppingCriteria

from rex_thinker_ros.referring.answer import is_over
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.reasoner import Completion, StopReason


class Lead(LogitsProcessor):
    """Note how far the best next token is ahead of the next best, after all other processors."""

    def __init__(self) -> None:
        self.logits = 0.0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Look at scores (1, vocabulary) and return them unchanged.

        Raises FloatingPointError where they are not numbers: any token would be a guess.
        """
        best, second = scores[0].topk(2).values.tolist()
        if math.isnan(best):
            raise FloatingPointError("the reasoner's logits are not numbers")
        self.logits = best - second
        return scores


class TokenWatch(StoppingCriteria):
    """Follow one generation of batch size 1, in the thread that generates.

    on_text receives whole characters only: the bytes of a mark such as a tick may come as several
    tokens. Special tokens have no text.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        end_tokens: set[int],
        seconds: float,
        on_text: Callable[[str], None],
        cancel: CancelToken,
        lead: Lead,
    ) -> None:
        """Start the clock of the time budget, in seconds."""
        self._tokenizer = tokenizer
        self._decoder = DecodeStream(skip_special_tokens=True)
        self._end_tokens = end_tokens
        self._deadline = time.monotonic() + seconds
        self._on_text = on_text
        self._cancel = cancel
        self._lead = lead
        self._least = math.inf  # lead among the tokens of a piece that is not whole yet
        self._margins: list[PieceMargin] = []
        self._text = ""
        self._tokens = 0
        self._stop: StopReason | None = None

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        """Take the newest of input_ids (1, length); return (1,), whether generation is over."""
        token = int(input_ids[0, -1])
        self._tokens += 1
        self._least = min(self._least, self._lead.logits)
        piece = self._decoder.step(self._tokenizer, token)
        if piece:
            start = len(self._text)
            self._text += piece
            self._margins.append(PieceMargin(start, len(self._text), self._least))
            self._least = math.inf
            self._on_text(piece)
        self._stop = self._reason_to_stop(token)
        over = self._stop is not None
        return torch.tensor([over], device=input_ids.device)

    def _reason_to_stop(self, token: int) -> StopReason | None:
        if token in self._end_tokens or is_over(self._text):
            return StopReason.END
        if self._cancel.canceled:
            return StopReason.CANCELED
        if time.monotonic() >= self._deadline:
            return StopReason.TIME_BUDGET
        return None

    def completion(self) -> Completion:
        """Return what was generated; nothing here stopped it, so the token budget did."""
        return Completion(
            text=self._text,
            stop=self._stop or StopReason.TOKEN_BUDGET,
            tokens=self._tokens,
            margins=tuple(self._margins),
        )
