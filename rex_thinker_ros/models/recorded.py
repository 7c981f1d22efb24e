"""A detector and a reasoner that say again what was recorded; neither needs any weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.recording import Recording, read_recording
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt
from rex_thinker_ros.referring.reasoner import Completion


class RecordedDetector:
    """Propose the recorded candidates; implements Detector."""

    given = False

    def __init__(self, recording: Recording, *, name: str) -> None:
        self.name = name
        self._recording = recording

    def detect(self, image: RgbImage, category: str) -> list[Candidate]:
        """Return the candidates; NotRecordedError where there are none to be had."""
        return list(self._recording.candidates(image, category))


class RecordedReasoner:
    """Give the recorded answers; implements Reasoner."""

    def __init__(self, recording: Recording, *, name: str, bounds: PixelBounds) -> None:
        self.name = name
        self.bounds = bounds
        self._recording = recording

    def reason(
        self, image: RgbImage, prompt: Prompt, on_text: Callable[[str], None], cancel: CancelToken
    ) -> Completion:
        """Return the answer at once; NotRecordedError where there is none to be had."""
        completion = self._recording.completion(image, prompt)
        on_text(completion.text)
        return completion

    def knows(self, image: RgbImage, prompt: Prompt) -> bool:
        """Tell whether there is an answer: see Remembers."""
        return self._recording.knows(image, prompt)


def load_recorded(profile: Profile) -> tuple[RecordedDetector, RecordedReasoner]:
    """Return what answers from the profile's recording.

    Raises:
        RecordingError: it cannot be used.
        OSError: it cannot be read.
    """
    recording = read_recording(Path(profile.recording).expanduser())
    detector = RecordedDetector(recording, name=profile.name)
    return detector, RecordedReasoner(recording, name=profile.name, bounds=profile.bounds)
