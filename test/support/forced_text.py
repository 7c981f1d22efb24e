"""A reasoner that says what it is told to, at the cost of saying it itself."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import torch

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt
from rex_thinker_ros.referring.reasoner import Completion
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS

_LEAD = 100.0  # logits
_WORDS = (*COLORS, *CATEGORIES)


class ForcedText:
    """Answer each prompt that its first candidate is meant, in about that many tokens.

    The tokens are forced by position in what the language head put out, so that the model computes
    everything for each of them. The text is made longer by words in no order, which no draft
    foresees, and nothing is remembered of the answer before.
    """

    def __init__(self, reasoner: Any, tokens: int) -> None:
        self.name = f"{reasoner.name}, forced"
        self._reasoner = reasoner
        self._tokens = tokens
        self._forced = reasoner._reader = _ForcedReader(reasoner._reader)

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
        self._forced.say(self._ids(prompt))
        self._reasoner._memory = self._reasoner._memory.emptied()
        completion: Completion = self._reasoner.reason(image, prompt, on_text, cancel)
        return completion

    def _ids(self, prompt: Prompt) -> list[int]:
        tokenizer = self._reasoner._inputs.tokenizer
        ids: list[int] = []
        padding, words = "", Random(self._tokens)
        while len(ids) < self._tokens:
            longest, padding = ids, f"{padding} {words.choice(_WORDS)}"
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


class _ForcedReader:
    """A LanguageReader after whose positions the best token is the one that a text has there."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._ids: list[int] = []
        self._start = 0

    @property
    def device(self) -> torch.device:
        """Return where it computes."""
        device: torch.device = self._reader.device
        return device

    def say(self, ids: list[int]) -> None:
        """Begin a text after the next prompt; its last token goes on for ever."""
        self._ids = ids

    def read_prompt(self, inputs: Any, look: Any, room: int) -> torch.Tensor:
        """Read a prompt, with the text's first token ahead."""
        logits = self._reader.read_prompt(inputs, look, room)
        self._start = self._reader._cache.length
        return self._force(logits)

    def read(self, tokens: list[int]) -> torch.Tensor:
        """Read tokens, each with its follower ahead."""
        return self._force(self._reader.read(tokens))

    def take_back(self, tokens: int) -> None:
        """Forget the last tokens that were read."""
        self._reader.take_back(tokens)

    def _force(self, logits: torch.Tensor) -> torch.Tensor:
        end = self._reader._cache.length
        for row, position in enumerate(range(end - len(logits), end)):
            token = self._ids[min(position + 1 - self._start, len(self._ids) - 1)]
            logits[row, token] += logits[row].abs().max() + _LEAD
        return logits
