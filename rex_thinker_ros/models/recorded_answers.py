"""Answers by image and by what was asked, and why there is none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Generic, TypeVar

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.user_error import UserError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
ImageKey = tuple[str, Size]
"""The rgb_sha256 of an image and its size in pixels."""


class NotRecordedError(UserError):
    """Say why a recording has no answer."""


class UnknownImageError(NotRecordedError):
    """Say that an image was never decided on."""

    def __init__(self) -> None:
        super().__init__("No decision was recorded for this image. Replay the images of the log.")


class PromptChangedError(NotRecordedError):
    """Say how what was asked about an image changed; `how` is a clause."""

    def __init__(self, how: str) -> None:
        super().__init__(f"The prompt changed since it was recorded: {how}. Record it anew.")


class EndedEarlyError(NotRecordedError):
    """Say by which status a command was ended before the models had answered it."""

    def __init__(self, status: str) -> None:
        super().__init__(
            f"It was recorded as {status}, before the models had answered. Record it anew."
        )


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Hold the error to raise for what was asked, and its argument."""

    error: type[PromptChangedError | EndedEarlyError]
    reason: str


class Answers(Generic[Asked, Answer]):
    """Hold one answer to each question about an image.

    The last one counts, but any answer counts before none, and one to a command of its own before
    one to a follow-up.
    """

    def __init__(self) -> None:
        self._of: defaultdict[
            ImageKey, dict[Asked, tuple[tuple[bool, bool], Answer | Unanswered]]
        ] = defaultdict(dict)

    def add(
        self, image: ImageKey, asked: Asked, answer: Answer | Unanswered, *, is_follow_up: bool
    ) -> None:
        """Take a further answer, unless the one that is there counts before it."""
        weight = not isinstance(answer, Unanswered), not is_follow_up
        held = self._of[image].get(asked)
        if held is None or held[0] <= weight:
            self._of[image][asked] = weight, answer

    def asked(self, image: ImageKey) -> tuple[Asked, ...]:
        """Return what was asked about an image, in the order of first recording."""
        return tuple(self._of.get(image, ()))

    def get(self, image: ImageKey, asked: Asked) -> Answer | None:
        """Return the answer, None where this was not asked; raise what an Unanswered holds."""
        held = self._of.get(image, {}).get(asked)
        if held is None:
            return None
        if isinstance(held[1], Unanswered):
            raise held[1].error(held[1].reason)
        return held[1]
