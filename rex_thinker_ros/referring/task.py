"""What a referral is about, and whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.reasoner import Reasoner


@dataclass(frozen=True, slots=True)
class Task:
    """Hold a command on an image, who reasons about it under which checks, and who listens."""

    command: Command
    image: RgbImage
    reasoner: Reasoner
    checks: Checks
    observer: Observer
    cancel: CancelToken
