"""Drafts of what a reasoner says next: from what it was told, has said and said before."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer

from rex_thinker_ros.models.decoding.token_memory import TokenMemory
from rex_thinker_ros.models.decoding.transcript import Transcript
from rex_thinker_ros.referring.foreseen import foresee
from rex_thinker_ros.referring.prompt import Prompt

MOST = 32
"""Tokens of a draft, unless said otherwise."""
MOST_GUESSED = 16
"""Tokens of a draft in which the memory has a part: it errs too often for more."""


_NAME_FORMS = ("{}", " {}", "- {}", " → {}")


def category_names(category: str, tokenizer: Tokenizer) -> list[int | None]:
    """Return the tokens that name a category, in a fixed order of forms; None for several."""
    names: list[int | None] = []
    for name in (category, category.capitalize()):
        for form in _NAME_FORMS:
            ids = tokenizer.encode(form.format(name), add_special_tokens=False).ids
            names.append(ids[0] if len(ids) == 1 else None)
    return names


class TextDrafter:
    """Draft from the text's form where that foretells it, else from a memory of texts, in turn."""

    def __init__(
        self, memory: TokenMemory, prompt: Prompt, tokenizer: Tokenizer, *, most: int = MOST
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
        draft: list[int] = []
        text = transcript.text
        most = self._most
        while len(draft) < most:
            more = self._foretold(text)
            if not more:
                most = max(len(draft), min(most, MOST_GUESSED))
                more = self._recalled(text, draft, most - len(draft))
            if not more:
                break
            draft += more
            text += self._tokenizer.decode(more)
        return draft[:most]

    def _foretold(self, text: str) -> list[int]:
        foreseen = foresee(text, self._prompt)
        ids: list[int] = self._tokenizer.encode(foreseen, add_special_tokens=False).ids
        return ids

    def _recalled(self, text: str, draft: Sequence[int], most: int) -> list[int]:
        """Return what came after the text before, up to where its form tells more."""
        recalled = self._memory.next(most, draft)
        for place in range(1, len(recalled)):
            if foresee(text + self._tokenizer.decode(recalled[:place]), self._prompt):
                return recalled[:place]
        return recalled
