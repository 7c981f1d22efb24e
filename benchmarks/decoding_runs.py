"""Timed referrals with a reasoner, and drafts from some of their sources alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import torch

from rex_thinker_ros.models.decoding import drafts
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.prompt import Prompt
from rex_thinker_ros.referring.reasoner import Completion
from rex_thinker_ros.referring.referrer import Referrer

OURS, STOCK, UNTUNED = "ours", "stock", "stock untuned"  # the last with PyTorch's own threads
SOURCES = ("form", "memory", "form and memory, each command as the first")


@dataclass(frozen=True)
class Run:
    """Hold what one referral said and took; times in seconds, first_token within reasoning."""

    text: str
    tokens: int
    passes: int
    referral: float
    processor: float
    detection: float
    preparing: float
    first_token: float
    reasoning: float
    decision: float

    @property
    def per_token(self) -> float:
        """Return the seconds for each token after the first."""
        return (self.reasoning - self.first_token) / max(self.tokens - 1, 1)


class PreparingClock:
    """Add up how long the main thread prepares images and prompts."""

    def __init__(self, inputs: Any) -> None:
        """Take a QwenInputs, which is timed from now on."""
        self.seconds = 0.0
        for name in ("tokens", "frame", "pixels"):  # the last is the library's alone
            setattr(inputs, name, self._timed(getattr(inputs, name)))

    def _timed(self, prepare: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any) -> Any:
            start = time.perf_counter()
            result = prepare(*args)
            if threading.current_thread() is threading.main_thread():
                self.seconds += time.perf_counter() - start
            return result

        return timed


class TimedReferrer:
    """Refer with a detector and a reasoner, of which the last prompt is kept."""

    def __init__(self, detector: Any, reasoner: Any, threads: int) -> None:
        # one text for each referral, whose tokens and passes are counted
        self._referrer = Referrer(detector, reasoner, Checks(max_readings=1))
        self._clock = PreparingClock(reasoner._inputs)
        self._threads = threads
        self.prompt: Prompt | None = None
        self._completion: Completion | None = None
        self._answer = reasoner.reason
        reasoner.reason = self._reason  # not a reasoner around it: it may do more than reason

    def _reason(self, image: RgbImage, prompt: Prompt, *rest: Any) -> Completion:
        self.prompt = prompt
        self._completion = self._answer(image, prompt, *rest)
        return self._completion

    def refer(self, image: RgbImage, command: Command) -> Run | None:
        """Return one referral's run; None if the reasoner was not reached."""
        self._completion, self._clock.seconds = None, 0.0
        torch.set_num_threads(self._threads)
        start, processor = time.perf_counter(), time.process_time()
        referral = self._referrer.refer(image, command, Observer(), CancelToken())
        processor = time.process_time() - processor
        seconds = time.perf_counter() - start
        if self._completion is None or referral.first_token_seconds is None:
            return None
        return Run(
            text=referral.reasoning,
            tokens=referral.tokens,
            passes=self._completion.passes,
            referral=seconds,
            processor=processor,
            detection=referral.detection_seconds,
            preparing=self._clock.seconds,
            first_token=referral.first_token_seconds,
            reasoning=referral.reasoning_seconds,
            decision=referral.decision_seconds,
        )


@dataclass(frozen=True)
class Settled:
    """Hold the seconds of a referral that was read until it was settled, and its readings."""

    seconds: float
    readings: int


def settle(referrer: Referrer, image: RgbImage, command: Command) -> Settled:
    """Refer as the node does, in an image that nobody has read before."""
    image = image.copy()
    image[0, 0] ^= 1
    start = time.perf_counter()
    referral = referrer.refer(image, command, Observer(), CancelToken())
    return Settled(time.perf_counter() - start, len(referral.readings))


class Forgetful:
    """A memory of nothing."""

    def begin(self, tokens: Sequence[int], names: Sequence[int | None] = ()) -> None:
        pass

    def add(self, tokens: Sequence[int]) -> None:
        pass

    def next(self, most: int, after: Sequence[int] = ()) -> list[int]:
        return []


class DraftSources:
    """Count the passes that each source of drafts needs, each with a memory of its own."""

    def __init__(self, reasoner: Any) -> None:
        self._reasoner = reasoner
        self._memory = reasoner._memory.emptied()

    def passes(self, source: str, image: RgbImage, prompt: Prompt) -> int:
        """Return the passes of an answer whose drafts come from one of SOURCES."""
        known = {"form": Forgetful(), "memory": self._memory}
        memory = known.get(source, self._memory.emptied())
        form = drafts.foresee if source != "memory" else lambda text, prompt: ""
        with with_memory(self._reasoner, memory), patch.object(drafts, "foresee", form):
            completion = self._reasoner.reason(image, prompt, lambda piece: None, CancelToken())
        return int(completion.passes)


@contextmanager
def with_memory(reasoner: Any, memory: Any) -> Iterator[None]:
    """Let a QwenReasoner draft from another memory for a while."""
    own, reasoner._memory = reasoner._memory, memory
    try:
        yield
    finally:
        reasoner._memory = own
