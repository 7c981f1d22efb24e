"""A reasoner that says what it is told to, at the cost of saying it itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt
from rex_thinker_ros.referring.reasoner import Completion

_LEAD = 100.0  # logits


class ForcedText:
    """Answer each prompt that its first candidate is meant, in about that many tokens.

    The tokens are forced by position at the output of the language head, so that the model computes
    everything for each of them.
    """

    def __init__(self, reasoner: Any, tokens: int) -> None:
        self.name = f"{reasoner.name}, forced"
        self._reasoner = reasoner
        self._tokens = tokens
        self._head = _ForcedHead(reasoner._reader)
        reasoner._reader._layers._head = self._head

    @property
    def bounds(self) -> PixelBounds:
        """Return the pixel bounds that prompts must be built with."""
        bounds: PixelBounds = self._reasoner.bounds
        return bounds

    def reason(
        self,
        image: RgbImage,
        prompt: Prompt,
        on_text: Callable[[str], None],
        cancel: CancelToken,
    ) -> Completion:
        """Say the text that fits the prompt."""
        self._head.say(self._ids(prompt))
        completion: Completion = self._reasoner.reason(image, prompt, on_text, cancel)
        return completion

    def _ids(self, prompt: Prompt) -> list[int]:
        tokenizer = self._reasoner._inputs.tokenizer
        ids: list[int] = []
        padding = ""
        while len(ids) < self._tokens:
            longest, padding = ids, padding + " look"
            ids = tokenizer.encode(answer_text(prompt, padding), add_special_tokens=False).ids
        # the longest that the budget has room for, or one that it cuts off
        return longest or ids


def answer_text(prompt: Prompt, padding: str) -> str:
    """Return an answer that the first candidate is meant, its plan made longer by `padding`."""
    lines = [f"<think>- Step 1: Look at each candidate.{padding}", "# Step 1: Look at each one"]
    marks = ["✅", *["❌"] * (len(prompt.hint_boxes) - 1)]
    judged = [
        f"- {prompt.category.capitalize()} {n}: seen → {mark}" for n, mark in enumerate(marks, 1)
    ]
    box = list(prompt.hint_boxes[0])
    answer = f'json\n[{{"bbox_2d": {box}, "label": "{prompt.category}"}}]\n'
    lines += [*judged, "# Summarize and Re-Check answer", *judged]
    return "\n".join(lines) + f"\n</think><answer>{answer}</answer>"


class _ForcedHead:
    """A language head whose best token at each position is the one that a text has there."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._head = reader._layers._head
        self._ids: list[int] = []
        self._start: int | None = None

    def say(self, ids: list[int]) -> None:
        """Begin a text after the next prompt; its last token goes on for ever."""
        self._ids, self._start = ids, None

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return logits (1, positions, vocabulary) with the token after each position ahead."""
        logits: torch.Tensor = self._head(hidden)
        end = self._reader._cache.length
        if self._start is None:
            self._start = end
        for row, position in enumerate(range(end - hidden.shape[1], end)):
            token = self._ids[min(position + 1 - self._start, len(self._ids) - 1)]
            logits[0, row, token] += logits[0, row].abs().max() + _LEAD
        return logits
