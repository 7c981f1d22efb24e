"""Drafts of what a reasoner says next: from what it was told, has said and said before."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer

from rex_thinker_ros.models.decoding.transcript import Transcript
from rex_thinker_ros.referring.foreseen import foresee
from rex_thinker_ros.referring.prompt import Prompt

_SEPARATOR = -1  # between texts, so that no match goes across


class TokenMemory:
    """Find what followed the last time that the newest tokens came in the same order."""

    def __init__(self, *, sizes: Sequence[int] = (6, 4, 3, 2), most: int = 10_000) -> None:
        """Look for so many tokens in a row, in that order of sizes; keep `most` tokens at least."""
        self._sizes = sizes
        self._most = most
        self._tokens: list[int] = []
        self._ends: dict[tuple[int, ...], int] = {}
        self._follows: int | None = None

    def begin(self, tokens: Sequence[int]) -> None:
        """Begin another text with these tokens."""
        if len(self._tokens) > 2 * self._most:
            kept = self._tokens[-self._most :]
            self._tokens, self._ends = [], {}
            self.add(kept)
        self.add([_SEPARATOR, *tokens])

    def add(self, tokens: Sequence[int]) -> None:
        """Go on with the text."""
        for token in tokens:
            self._tokens.append(token)
            self._follows = None
            for size in self._sizes:
                key = tuple(self._tokens[-size:])
                if self._follows is None:
                    self._follows = self._ends.get(key)
                self._ends[key] = len(self._tokens)

    def next(self, most: int) -> list[int]:
        """Return up to `most` tokens that followed the newest ones before; none if never seen."""
        if self._follows is None:
            return []
        found = self._tokens[self._follows : self._follows + most]
        return found[: found.index(_SEPARATOR)] if _SEPARATOR in found else found


class TextDrafter:
    """Draft from the text's form where that foretells it, else from a memory of texts."""

    def __init__(
        self, memory: TokenMemory, prompt: Prompt, tokenizer: Tokenizer, *, most: int = 8
    ) -> None:
        """Take a memory that has begun with the prompt; drafts have up to `most` tokens."""
        self._memory = memory
        self._prompt = prompt
        self._tokenizer = tokenizer
        self._most = most
        self._known = 0

    def draft(self, transcript: Transcript) -> list[int]:
        """Return tokens that may come next."""
        self._memory.add(transcript.tokens[self._known :])
        self._known = len(transcript.tokens)
        if text := foresee(transcript.text, self._prompt):
            ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
            return ids[: self._most]
        return self._memory.next(self._most)
