"""What models once answered, by image and prompt, as a decision log has it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from rex_thinker_ros.models.prompt_change import prompt_change
from rex_thinker_ros.models.recorded_answers import (
    Answers,
    ImageKey,
    PromptChangedError,
    Unanswered,
    UnknownImageError,
)
from rex_thinker_ros.models.recorded_decision import (
    candidates_of,
    readings_of,
    was_detected,
    was_reasoned,
)
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.decision_record import RecordError, rgb_sha256
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.log_reader import LoggedDecision, newest_session, read_log
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt, build_prompt, wording
from rex_thinker_ros.referring.reasoner import Completion
from rex_thinker_ros.user_error import UserError

_log = logging.getLogger(__name__)

_REWORDED = "another version worded it"


class RecordingError(UserError):
    """Say why a folder cannot be used as a recording, and what to do."""


def newest_bounds(folder: Path) -> PixelBounds:
    """Return the pixel bounds of the last session in a decision log, in milliseconds.

    Raises RecordingError where there is none.
    """
    session = newest_session(folder)
    if session is None:
        raise RecordingError(
            f"{folder} holds no decision log: name a folder that the node's log_dir or "
            "replay --record wrote."
        )
    try:
        return session.bounds
    except RecordError as error:
        raise RecordingError(f"Nothing can be answered from {folder}: {error}.") from error


def read_recording(folder: Path) -> Recording:
    """Read a decision log; lines that cannot be used are told to the log.

    Raises RecordingError where prompts cannot be made again.
    """
    try:
        return Recording(read_log(folder, _log.warning))
    except RecordError as error:
        raise RecordingError(f"Nothing can be answered from {folder}: {error}.") from error


class Recording:
    """Answer as in recorded decisions; see Answers for those that are recorded twice.

    A follow-up's confidence is also that of the question, and so counts less. Raises RecordError
    where a session has no pixel bounds.
    """

    def __init__(self, decisions: Iterable[LoggedDecision]) -> None:
        self._candidates: Answers[str, tuple[Candidate, ...]] = Answers()
        self._completions: Answers[Prompt, Completion] = Answers()
        self._wording = wording()
        for decision in decisions:
            self._add(decision)

    def candidates(self, image: RgbImage, category: str) -> tuple[Candidate, ...]:
        """Return what the detector said.

        Raises:
            NotRecordedError: the image or the category was not recorded, or not answered.
        """
        key = _key(image)
        candidates = self._candidates.get(key, category)
        if candidates is not None:
            return candidates
        recorded = self._candidates.asked(key)
        if not recorded:
            raise UnknownImageError
        names = " or ".join(f"'{name}'" for name in recorded)
        raise PromptChangedError(f"the category was {names}, and is '{category}'")

    def completion(self, image: RgbImage, prompt: Prompt) -> Completion:
        """Return what the reasoner said.

        Raises:
            NotRecordedError: the image or the prompt was not recorded, or not answered.
        """
        key = _key(image)
        completion = self._completions.get(key, prompt)
        if completion is not None:
            return completion
        recorded = self._completions.asked(key)
        if not recorded:
            raise UnknownImageError
        raise PromptChangedError(prompt_change(recorded, prompt))

    def knows(self, image: RgbImage, prompt: Prompt) -> bool:
        """Tell whether the prompt was put to the reasoner, answered or not."""
        return prompt in self._completions.asked(_key(image))

    def _add(self, decision: LoggedDecision) -> None:
        record, session = decision.record, decision.session
        command, image, referral = record.command, record.image, record.referral
        if command is None or image is None or referral is None:
            return
        key = (image.sha256, image.size)
        if was_detected(record, referral):
            detected = candidates_of(record, referral)
            self._candidates.add(key, command.category, detected, is_follow_up=False)
        if not was_reasoned(record, referral):
            return
        for reading in readings_of(record, image, referral):
            prompt = build_prompt(
                expression=command.expression, category=command.category,
                candidates=reading.candidates, image_size=reading.image[1], bounds=session.bounds,
            )  # fmt: skip
            known = session.wording in ("", self._wording)
            answer = reading.answer if known else Unanswered(PromptChangedError, _REWORDED)
            self._completions.add(reading.image, prompt, answer, is_follow_up=bool(record.answers))


def _key(image: RgbImage) -> ImageKey:
    return rgb_sha256(image), Size(image.shape[1], image.shape[0])
