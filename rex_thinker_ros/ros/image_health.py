"""How the images of the cameras arrive, and what is wrong with that."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rex_thinker_ros.ros.durations import duration_text


@dataclass(frozen=True)
class ImageHealth:
    """How a camera's images arrive: counts since the node was configured, times in seconds."""

    topic: str
    publishers: int
    reliability: str
    mismatch: str
    frames: int
    silence_seconds: float
    """Time since the latest frame, or since the subscription if there was none."""
    age_seconds: float | None = None
    """Time from the latest frame's stamp until now on the node's clock; None if not known."""
    name: str = ""

    @property
    def label(self) -> str:
        """The camera's name, if it has one, and its topic."""
        return f"{self.name} ({self.topic})" if self.name else self.topic


def image_warnings(cameras: Sequence[ImageHealth], max_silence_seconds: float) -> list[str]:
    """Return a sentence on each silent camera, then on each that some publishers do not reach."""
    silent = [camera for camera in cameras if camera.silence_seconds > max_silence_seconds]
    return [
        *(
            f"No image for {camera.silence_seconds:.0f} s from {camera.label}: {_reason(camera)}."
            for camera in silent
        ),
        *(f"{camera.mismatch}." for camera in cameras if camera.mismatch and camera not in silent),
    ]


def _reason(camera: ImageHealth) -> str:
    if camera.mismatch:
        return camera.mismatch
    return "it has a publisher, but nothing arrives" if camera.publishers else "nobody publishes it"


class FrameRates:
    """Follow how many frames came from one look to the next."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[int, float]] = {}

    def since_last(self, cameras: Sequence[ImageHealth]) -> dict[str, float]:
        """Return frames per second by topic; a camera that is new here has none yet."""
        now = time.monotonic()
        before, self._before = self._before, {c.topic: (c.frames, now) for c in cameras}
        rates = {}
        for camera in cameras:
            if camera.topic in before:
                frames, then = before[camera.topic]
                # a node that was configured anew counts from 0
                rates[camera.topic] = max(0, camera.frames - frames) / max(now - then, 1e-3)
        return rates


def image_values(
    cameras: Sequence[ImageHealth], rates: dict[str, float]
) -> Iterator[tuple[str, str]]:
    """Yield keys and values of each camera; with several, its topic begins the keys."""
    for camera in cameras:
        prefix = "image" if len(cameras) == 1 else camera.topic
        if camera.name:
            yield f"{prefix} camera", camera.name
        if len(cameras) == 1:
            yield f"{prefix} topic", camera.topic
        rate, age = rates.get(camera.topic), camera.age_seconds
        yield f"{prefix} publishers", str(camera.publishers)
        yield f"{prefix} reliability", camera.reliability
        yield f"{prefix} frames", str(camera.frames)
        yield f"{prefix} rate", "unknown" if rate is None else f"{rate:.1f} Hz"
        yield f"{prefix} age", "unknown" if age is None else duration_text(age)
        yield f"{prefix} silence", duration_text(camera.silence_seconds)
