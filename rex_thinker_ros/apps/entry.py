"""What a report shows of one command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rex_thinker_ros.referring.candidate import Candidate


@dataclass(frozen=True)
class Entry:
    """One command on the page.

    place says when and of which camera it was asked, complaint what is not as expected; each may
    be empty. seconds are None if no result came. picture is a data URL; empty where no frame was
    examined.
    """

    number: int
    command: str
    status: str
    status_text: str
    complaint: str
    place: str
    expression: str
    category: str
    candidates: Sequence[Candidate]
    reasoning: str
    seconds: float | None
    detection_seconds: float
    reasoning_seconds: float
    picture: str
