"""A memory of tokens: what followed the last time, after the same or after alike ones."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

_SEPARATOR = -1  # between texts, so that no match goes across
_NAMES = -(10**9)  # and upwards: what stands for the tokens that name a text's category
_EXACT, _ALIKE = False, True
_LOOKS = (
    (_ALIKE, 12), (_ALIKE, 8), (_EXACT, 6), (_ALIKE, 6), (_EXACT, 4),
    (_ALIKE, 4), (_ALIKE, 3), (_ALIKE, 2), (_ALIKE, 1),
)  # fmt: skip
"""How many tokens in a row must have come before, the same or alike, in the order of trust."""


class TokenKinds:
    """Tell which tokens are alike: those that differ in their digits only."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Take the text of every token; what has none is like itself only."""
        known: dict[str, int] = {}
        self._kinds = [
            known.setdefault(re.sub("[0-9]+", "0", text), len(known)) if text else -2 - token
            for token, text in enumerate(texts)
        ]
        self._numbers = {t for t, text in enumerate(texts) if re.fullmatch(r"\W*[0-9]+\W*", text)}

    def of(self, tokens: Sequence[int]) -> list[int]:
        """Return the tokens' kinds; the separator of texts is its own."""
        return [self._kinds[token] if token >= 0 else token for token in tokens]

    def before_number(self, tokens: Sequence[int]) -> list[int]:
        """Return the tokens up to the first number."""
        return list(itertools.takewhile(lambda token: token not in self._numbers, tokens))


class TokenMemory:
    """Find what followed the last time that the newest tokens came in the same order.

    Where they never came, tokens that are alike tell as much of the form, but no number. What a
    text is about goes by other names in other texts: each name in a text's row counts as the one
    at the same place of another's.
    """

    def __init__(self, kinds: TokenKinds, *, most: int = 10_000) -> None:
        """Keep `most` tokens at least, and at most twice as many and one text."""
        self._kinds = kinds
        self._most = most
        self._tokens: list[int] = []
        self._ends: dict[int, int] = {}
        self._stand_ins: dict[int, int] = {}

    def emptied(self) -> TokenMemory:
        """Return a memory of nothing for the same tokens."""
        return TokenMemory(self._kinds, most=self._most)

    def begin(self, tokens: Sequence[int], names: Sequence[int | None] = ()) -> None:
        """Begin another text with these tokens; names is its row of names, None for no token."""
        if len(self._tokens) > 2 * self._most:
            kept = self._tokens[-self._most :]
            self._tokens, self._ends = [], {}
            self._stand_ins = {}
            self.add(kept)
        self._stand_ins = {name: _NAMES + i for i, name in enumerate(names) if name is not None}
        self.add([_SEPARATOR, *tokens])

    def add(self, tokens: Sequence[int]) -> None:
        """Go on with the text."""
        for token in self._general(tokens):
            for key in self._keys(()):  # what they are followed by, now that something follows
                self._ends[key] = len(self._tokens)
            self._tokens.append(token)

    def next(self, most: int, after: Sequence[int] = ()) -> list[int]:
        """Return up to `most` tokens that followed the newest ones before; none if never seen.

        `after` are tokens that are taken to have come since.
        """
        for (alike, _), key in zip(_LOOKS, self._keys(self._general(after)), strict=True):
            follows = self._ends.get(key)
            if follows is None:
                continue
            found = self._tokens[follows : follows + most]
            found = found[: found.index(_SEPARATOR)] if _SEPARATOR in found else found
            found = self._kinds.before_number(found) if alike else found
            found = self._named(found)
            if found:
                return found
        return []

    def _general(self, tokens: Sequence[int]) -> list[int]:
        """Return tokens of this text as they are kept."""
        return [self._stand_ins.get(token, token) for token in tokens]

    def _named(self, tokens: Sequence[int]) -> list[int]:
        """Return kept tokens as those of this text, up to a name that it does not have."""
        names = {stand_in: name for name, stand_in in self._stand_ins.items()}
        known = itertools.takewhile(lambda token: token >= 0 or token in names, tokens)
        return [names.get(token, token) for token in known]

    def _keys(self, after: Sequence[int]) -> list[int]:
        """Return the keys of the newest tokens, for each look; hashes take less memory."""
        longest = max(size for _, size in _LOOKS)
        newest = [*self._tokens[-longest:], *after][-longest:]
        kinds = self._kinds.of(newest)
        return [hash((alike, *(kinds if alike else newest)[-size:])) for alike, size in _LOOKS]
