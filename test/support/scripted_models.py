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


class Marking:
    """Mark candidates by their numbers and answer with their boxes, a choice for each reading.

    A text is said as it is; None says of every candidate that it is none, and answers with the
    first.
    """

    name = "brain"
    bounds = PixelBounds()

    def __init__(self, *choices: Sequence[int] | str | None, margin: float | None = None):
        self._choices = list(choices)
        self._margin = margin
        self.prompts: list[Prompt] = []
        self.images: list[RgbImage] = []

    def reason(
        self, image: RgbImage, prompt: Prompt, on_text: Callable[[str], None], cancel: CancelToken
    ) -> Completion:
        self.prompts.append(prompt)
        self.images.append(image)
        choice = self._choices.pop(0)
        text = choice if isinstance(choice, str) else marked(prompt, choice)
        on_text(text)
        margins = () if self._margin is None else (PieceMargin(0, len(text), self._margin),)
        return Completion(text, StopReason.END, len(text), margins)


def marked(prompt: Prompt, numbers: Sequence[int] | None, *, unsure: int = 0) -> str:
    """Return what a model writes that chooses candidates by number; None contradicts itself."""
    marks = [
        "✅" if n in (numbers or ()) else "⚠️" if n == unsure else "❌"
        for n in range(1, len(prompt.hint_boxes) + 1)
    ]
    summary = "\n".join(f"- {prompt.category} {n}: so {mark}" for n, mark in enumerate(marks, 1))
    boxes = [prompt.hint_boxes[n - 1] for n in ((1,) if numbers is None else numbers)]
    answer = ", ".join(f'{{"bbox_2d": {list(box)}}}' for box in boxes)
    return f"<think># Summarize and Re-Check answer\n{summary}\n</think><answer>[{answer}]</answer>"


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
