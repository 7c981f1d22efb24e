"""The node's health as a diagnostics message."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from rex_thinker_ros.referring.outcome import Outcome


@dataclass(frozen=True)
class ImageHealth:
    """How images arrive: counts since the node was configured, times in seconds."""

    topic: str
    publishers: int
    reliability: str
    mismatch: str
    frames: int
    silence_seconds: float
    """Time since the latest frame, or since the subscription if there was none."""


@dataclass(frozen=True)
class Health:
    """The node at this moment; `images` is None unless it is active."""

    state: str
    model: str
    images: ImageHealth | None


class Diagnostics:
    """Count outcomes and frames, and say what an operator should know."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._outcomes: Counter[Outcome] = Counter()
        self._last: Outcome | None = None
        self._frames = (0, time.monotonic())

    def record(self, outcome: Outcome) -> None:
        """Count a terminal result; callable from any thread."""
        with self._lock:
            self._outcomes[outcome] += 1
            self._last = outcome

    def message(self, health: Health, stamp: Time, max_silence_seconds: float) -> DiagnosticArray:
        """Describe the node; more than `max_silence_seconds` without an image is a warning."""
        level, text = self._judge(health, max_silence_seconds)
        values = {"state": health.state, "model": health.model}
        if health.images:
            values |= self._image_values(health.images)
        values["last outcome"] = self._last.name if self._last else "none"
        values |= self._counts()
        status = DiagnosticStatus(
            level=level, name=self._name, message=text, hardware_id=health.model
        )
        status.values = [KeyValue(key=key, value=value) for key, value in values.items()]
        message = DiagnosticArray(status=[status])
        message.header.stamp = stamp
        return message

    def _judge(self, health: Health, max_silence_seconds: float) -> tuple[bytes, str]:
        images = health.images
        if self._last is Outcome.MODEL_ERROR:
            return DiagnosticStatus.ERROR, "The last command ended in a model error."
        if images is None:
            return DiagnosticStatus.OK, f"The node is {health.state}."
        if images.silence_seconds > max_silence_seconds:
            reason = images.mismatch or f"{images.topic} has {images.publishers} publishers"
            return DiagnosticStatus.WARN, (
                f"No image for {images.silence_seconds:.0f} s: {reason}."
            )
        if images.mismatch:
            return DiagnosticStatus.WARN, f"{images.mismatch}."
        if not images.frames:
            return DiagnosticStatus.OK, "Waiting for the first image."
        return DiagnosticStatus.OK, "Images arrive, commands are accepted."

    def _image_values(self, images: ImageHealth) -> dict[str, str]:
        before, since = self._frames
        self._frames = images.frames, time.monotonic()
        rate = max(0, images.frames - before) / max(self._frames[1] - since, 1e-3)
        return {
            "image topic": images.topic,
            "image publishers": str(images.publishers),
            "image reliability": images.reliability,
            "images received": str(images.frames),
            "images per second": f"{rate:.1f}",
            "seconds without an image": f"{images.silence_seconds:.1f}",
        }

    def _counts(self) -> dict[str, str]:
        with self._lock:
            return {
                f"outcomes {outcome.name}": str(self._outcomes[outcome])
                for outcome in Outcome
                if self._outcomes[outcome]
            }
