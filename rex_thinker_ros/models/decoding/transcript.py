"""What happens at every token that was said: stream its text, and see whether to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from rex_thinker_ros.referring.answer import is_over
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.reasoner import Completion, StopReason


class Transcript:
    """Follow one answer, in the thread that generates it.

    on_text receives whole characters only: the bytes of a mark such as a tick may come as several
    tokens. Special tokens have no text.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        end_tokens: set[int],
        most_tokens: int,
        seconds: float,
        on_text: Callable[[str], None],
        cancel: CancelToken,
    ) -> None:
        """Start the clock of the time budget, in seconds."""
        self._tokenizer = tokenizer
        self._decoder = DecodeStream(skip_special_tokens=True)
        self._end_tokens = end_tokens
        self._most_tokens = most_tokens
        self._deadline = time.monotonic() + seconds
        self._on_text = on_text
        self._cancel = cancel
        self._least = math.inf  # lead among the tokens of a piece that is not whole yet
        self._margins: list[PieceMargin] = []
        self._stop: StopReason | None = None
        self.passes = 0  # of the model, for the tokens so far
        self.text = ""
        self.tokens: list[int] = []

    def add(self, token: int, lead: float) -> bool:
        """Take the next token and its lead in logits; return whether the answer is over."""
        self.tokens.append(token)
        self._least = min(self._least, lead)
        piece = self._decoder.step(self._tokenizer, token)
        if piece:
            start = len(self.text)
            self.text += piece
            self._margins.append(PieceMargin(start, len(self.text), self._least))
            self._least = math.inf
            self._on_text(piece)
        self._stop = self._reason_to_stop(token)
        return self._stop is not None

    @property
    def left(self) -> int:
        """Return how many tokens the budget still has."""
        return self._most_tokens - len(self.tokens)

    def _reason_to_stop(self, token: int) -> StopReason | None:
        if token in self._end_tokens or is_over(self.text):
            return StopReason.END
        if self._cancel.canceled:
            return StopReason.CANCELED
        if time.monotonic() >= self._deadline:
            return StopReason.TIME_BUDGET
        return StopReason.TOKEN_BUDGET if self.left <= 0 else None

    def completion(self) -> Completion:
        """Return what was said. RuntimeError before it is over."""
        if self._stop is None:
            raise RuntimeError("the answer is not over")
        return Completion(
            text=self.text,
            stop=self._stop,
            tokens=len(self.tokens),
            margins=tuple(self._margins),
            passes=self.passes,
        )
