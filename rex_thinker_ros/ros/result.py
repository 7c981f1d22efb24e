"""What the node has to say about one command, before it becomes messages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from std_msgs.msg import Header

from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referrer import Referral
from rex_thinker_ros.ros.requests import Ending, Request


@dataclass(frozen=True)
class Looked:
    """The image that was decided on, its header, and its age in seconds when work began."""

    image: RgbImage
    header: Header
    age_seconds: float


@dataclass(frozen=True)
class Result:
    """The one terminal result of a request; the parts that it did not reach are None."""

    request: Request
    outcome: Outcome
    status_text: str
    command: Command | None = None
    looked: Looked | None = None
    referral: Referral | None = None

    def ended(self, ending: Ending) -> Result:
        """Return this result with the ending in place of its outcome."""
        return replace(self, outcome=ending.outcome, status_text=ending.reason)
