"""Drafts of what a reasoner says next: from what it was told, has said and said before."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer

from rex_thinker_ros.models.decoding.token_memory import TokenMemory
from rex_thinker_ros.models.decoding.transcript import Transcript
from rex_thinker_ros.referring.foreseen import foresee
from rex_thinker_ros.referring.prompt import Prompt

MOST = 16
"""Tokens of a draft, unless said otherwise."""


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
        while len(draft) < self._most:
            more = self._go_on(text, draft)
            if not more:
                break
            draft += more
            text += self._tokenizer.decode(more)
        return draft[: self._most]

    def _go_on(self, text: str, draft: Sequence[int]) -> list[int]:
        """Return what may follow the text, of which the draft is the end."""
        if foreseen := foresee(text, self._prompt):
            ids: list[int] = self._tokenizer.encode(foreseen, add_special_tokens=False).ids
            return ids
        recalled = self._memory.next(self._most - len(draft), draft)
        for place, token in enumerate(recalled, 1):
            if "\n" in self._tokenizer.decode([token]):  # where a line begins, the form may know
                return recalled[:place]
        return recalled
