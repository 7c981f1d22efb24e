"""Follow a text of known form piece by piece, and foretell the pieces after its end."""

from __future__ import annotations

import re


class OpenError(Exception):
    """Nothing tells what comes next."""


class StrangeError(Exception):
    """The text has another form."""


class Follower:
    """Go along a text; beyond its end, what is said is what is guessed."""

    def __init__(self, text: str) -> None:
        self._left = text
        self._more: list[str] = []

    @property
    def foretold(self) -> str:
        """Return what was guessed beyond the end of the text."""
        return "".join(self._more)

    def says(self, piece: str) -> bool:
        """Tell whether the text goes on with a whole piece; beyond its end it says nothing."""
        return self._left.startswith(piece)

    def say(self, guess: str, *others: str) -> str:
        """Return which of these the text says, the guess beyond its end; StrangeError if none."""
        for piece in (guess, *others):
            if self._left.startswith(piece):
                self._left = self._left[len(piece) :]
                return piece
        for piece in (guess, *others):
            if piece.startswith(self._left):
                self._more.append(piece[len(self._left) :])
                self._left = ""
                return piece
        raise StrangeError

    def read(self, pattern: str, guess: str = "") -> str:
        """Return what the text says that fits a pattern, the guess beyond its end.

        Raises OpenError beyond the end without a guess, StrangeError where nothing fits.
        """
        if not self._left and guess:
            return self.say(guess)
        if not self._left:
            raise OpenError
        found = re.match(pattern, self._left)
        if not found:
            raise StrangeError
        self._left = self._left[found.end() :]
        return found[0]
