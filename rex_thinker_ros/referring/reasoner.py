"""What the core asks of a vision-language model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt


class StopReason(Enum):
    """Name why generation stopped; only END is a whole answer."""

    END = "end"
    TOKEN_BUDGET = "token_budget"
    TIME_BUDGET = "time_budget"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Completion:
    """Hold the whole text, why it stopped, and how many tokens it took.

    margins say how surely each piece of the text was chosen; empty where that is not known. passes
    counts how often the language model was run for the tokens; 0 where that is not known.
    """

    text: str
    stop: StopReason
    tokens: int
    margins: tuple[PieceMargin, ...] = ()
    passes: int = 0


class Reasoner(Protocol):
    """Answer a prompt about an image, thinking aloud."""

    @property
    def name(self) -> str:
        """Return the name to report, such as the profile's or the checkpoint's."""
        ...

    @property
    def bounds(self) -> PixelBounds:
        """Return the pixel bounds that the prompt's coordinates must be made for."""
        ...

    def reason(
        self, image: RgbImage, prompt: Prompt, on_text: Callable[[str], None], cancel: CancelToken
    ) -> Completion:
        """Generate the answer about the full-size image, resized to prompt.resized.

        Each new piece of text goes to on_text; their concatenation is the completion's text.
        """
        ...


@runtime_checkable
class LooksAhead(Protocol):
    """Read an image while nobody knows yet what will be asked about it; some reasoners do."""

    def look_ahead(self, image: RgbImage) -> None:
        """Begin to read the full-size image, and return at once.

        The next prompt about it is answered sooner. What fails here shows when one is answered.
        """
        ...


@runtime_checkable
class Remembers(Protocol):
    """Answer only what was answered before; some reasoners do."""

    def knows(self, image: RgbImage, prompt: Prompt) -> bool:
        """Tell whether there is an answer to a prompt about an image."""
        ...
