"""Models that do as they are told, for what real ones cannot be made to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt
from rex_thinker_ros.referring.reasoner import Completion, StopReason


class ScriptedDetector:
    """Return given candidates, or raise."""

    name = "eyes"
    given = False

    def __init__(self, candidates: Sequence[Candidate], error: Exception | None = None):
        self._candidates = candidates
        self._error = error

    def detect(self, image: RgbImage, category: str) -> list[Candidate]:
        if self._error:
            raise self._error
        return list(self._candidates)


class SecondThoughts:
    """Say one text after the other, whatever is asked."""

    name = "brain"
    bounds = PixelBounds()

    def __init__(self, *texts: str):
        self._texts = list(texts)
        self.prompts: list[Prompt] = []

    def reason(
        self, image: RgbImage, prompt: Prompt, on_text: Callable[[str], None], cancel: CancelToken
    ) -> Completion:
        self.prompts.append(prompt)
        text = self._texts.pop(0)
        on_text(text)
        return Completion(text, StopReason.END, len(text))


class ScriptedReasoner:
    """Say given pieces, and stop for a given reason or raise."""

    name = "brain"
    bounds = PixelBounds()

    def __init__(
        self,
        *pieces: str,
        stop: StopReason = StopReason.END,
        error: Exception | None = None,
        margins: Sequence[PieceMargin] = (),
    ):
        self._pieces = pieces
        self._margins = tuple(margins)
        self._stop = stop
        self._error = error
        self.prompts: list[Prompt] = []

    def reason(
        self, image: RgbImage, prompt: Prompt, on_text: Callable[[str], None], cancel: CancelToken
    ) -> Completion:
        self.prompts.append(prompt)
        for count, piece in enumerate(self._pieces):
            if cancel.canceled:
                return Completion("".join(self._pieces[:count]), StopReason.CANCELED, count)
            on_text(piece)
        if self._error:
            raise self._error
        text = "".join(self._pieces)
        return Completion(text, self._stop, len(self._pieces), self._margins)
