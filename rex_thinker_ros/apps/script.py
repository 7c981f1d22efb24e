"""Which command is said when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rex_thinker_ros.referring.outcome import Outcome

MARGIN_SECONDS = 0.25  # for frames that are still on their way when the command is said


@dataclass(frozen=True)
class Cue:
    """One command, when to say it, and what it should lead to.

    `at` and `until` are seconds from the bag's start: between them, status (a name of Outcome)
    and objects (ids of the truth, for FOUND) hold. ValueError for an unknown status or a window
    that is too short to hit.
    """

    at: float
    until: float
    command: str
    status: str
    objects: Sequence[int] = ()

    def __post_init__(self) -> None:
        if self.status not in Outcome.__members__:
            raise ValueError(f"'{self.command}': there is no outcome {self.status!r}")
        if self.earliest >= self.latest:
            raise ValueError(
                f"'{self.command}': from {self.at} to {self.until} s is too short, "
                f"more than {2 * MARGIN_SECONDS} s are needed"
            )

    @property
    def earliest(self) -> float:
        """Return the first moment to say it, in seconds from the bag's start."""
        return self.at + MARGIN_SECONDS

    @property
    def latest(self) -> float:
        """Return the last moment to say it, in seconds from the bag's start."""
        return self.until - MARGIN_SECONDS


class Script:
    """Hand out each cue once, when the bag is where it belongs, the earliest first."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._left = sorted(cues, key=lambda cue: cue.at)

    def __len__(self) -> int:
        """Count the cues that are left."""
        return len(self._left)

    def take(self, seconds: float) -> Cue | None:
        """Return a cue that is due at this place of the bag, and cross it out."""
        for cue in self._left:
            if cue.earliest <= seconds <= cue.latest:
                self._left.remove(cue)
                return cue
        return None
