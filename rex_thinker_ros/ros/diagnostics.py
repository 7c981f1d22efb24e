"""The node's health as a diagnostics message."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from rex_thinker_ros.answering.requests import HUNG
from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.models.memory.taken import gpu_memory, process_memory_mb, process_peak_mb
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.durations import duration_text
from rex_thinker_ros.ros.image_health import FrameRates, ImageHealth, image_values, image_warnings
from rex_thinker_ros.ros.stage_times import StageTimes

# no command ends like this unless the models worked
_MODELS_WORKED = frozenset({
    Outcome.FOUND, Outcome.NO_CANDIDATES, Outcome.NO_MATCH, Outcome.AMBIGUOUS,
    Outcome.CONTRADICTION, Outcome.UNPARSABLE, Outcome.TRUNCATED, Outcome.LOW_CONFIDENCE,
})  # fmt: skip


@dataclass(frozen=True)
class Health:
    """The node at this moment; `cameras` is empty unless it is active.

    `notes` are sentences on what else an operator should know, each a warning. `hangs` says that
    the models do not come back.
    """

    state: str
    model: str
    device: str
    cameras: tuple[ImageHealth, ...] = ()
    notes: Sequence[str] = ()
    hangs: bool = False


class Diagnostics:
    """Count outcomes, keep the times of the stages, and say what an operator should know."""

    def __init__(self, name: str) -> None:
        self.times = StageTimes()
        self._name = name
        self._lock = threading.Lock()
        self._outcomes: Counter[Outcome] = Counter()
        self._last: Outcome | None = None
        self._failing = False
        self._rates = FrameRates()

    def record(self, result: Result) -> None:
        """Count a terminal result and keep its times; callable from any thread."""
        outcome = result.outcome
        if result.looked and result.referral:
            self.times.record(result.looked.convert_seconds, result.referral)
        with self._lock:
            self._outcomes[outcome] += 1
            self._last = outcome
            if outcome is Outcome.MODEL_ERROR:
                self._failing = True
            elif outcome in _MODELS_WORKED:
                self._failing = False

    def message(
        self,
        health: Health,
        stamp: Time,
        max_silence_seconds: float,
        budgets: Mapping[str, float],
    ) -> DiagnosticArray:
        """Describe the node; call it from one thread.

        A model's fault is an error until a later command shows that the models work. Warnings are
        a camera that is silent for more than `max_silence_seconds` or that some publishers do not
        reach, a stage whose p95 is over its budget in seconds (0 is none), and the notes. The text
        tells all of them, in this order.

        Raises ValueError for a budget of a stage that is not in STAGES.
        """
        level, text = self._judge(health, max_silence_seconds, budgets)
        status = DiagnosticStatus(
            level=level, name=self._name, message=text, hardware_id=health.model
        )
        status.values = [KeyValue(key=key, value=value) for key, value in self._values(health)]
        message = DiagnosticArray(status=[status])
        message.header.stamp = stamp
        return message

    def _judge(
        self, health: Health, max_silence_seconds: float, budgets: Mapping[str, float]
    ) -> tuple[bytes, str]:
        warnings = [
            *image_warnings(health.cameras, max_silence_seconds),
            *self._slow_stages(budgets),
            *health.notes,
        ]
        error = ""
        if health.hangs:
            error = HUNG.reason
        elif self._failing:
            error = "A command ended in a model error, and none was answered since: see the log."
        if error:
            return DiagnosticStatus.ERROR, " ".join([error, *warnings])
        if warnings:
            return DiagnosticStatus.WARN, " ".join(warnings)
        return DiagnosticStatus.OK, _all_is_well(health)

    def _slow_stages(self, budgets: Mapping[str, float]) -> Iterator[str]:
        for stage, p95 in self.times.over(budgets).items():
            times = f"{duration_text(p95)}, over budgets.{stage} of {duration_text(budgets[stage])}"
            yield f"The p95 of {_words(stage)} is {times}."

    def _values(self, health: Health) -> Iterator[tuple[str, str]]:
        yield "model", health.model
        yield "device", health.device
        yield "state", health.state
        yield from self._outcome_values()
        yield from image_values(health.cameras, self._rates.since_last(health.cameras))
        for stage, times in self.times.percentiles().items():
            yield f"{_words(stage)} p50 / p95", duration_text(times.p50, times.p95)
        yield from _memory_values()

    def _outcome_values(self) -> Iterator[tuple[str, str]]:
        with self._lock:
            last, counts = self._last, self._outcomes.copy()
        yield "last outcome", last.name if last else "none"
        for outcome in Outcome:
            if counts[outcome]:
                yield f"outcomes {outcome.name}", str(counts[outcome])


def _all_is_well(health: Health) -> str:
    if not health.cameras:
        return f"The node is {health.state}."
    if waiting := [camera.label for camera in health.cameras if not camera.frames]:
        return f"Waiting for the first image of {', '.join(waiting)}."
    return "Images arrive, commands are accepted."


def _memory_values() -> Iterator[tuple[str, str]]:
    process, peak, gpu = process_memory_mb(), process_peak_mb(), gpu_memory()
    if process is None or peak is None:
        yield "process memory / peak", "unknown"
    else:
        yield "process memory / peak", f"{process:.0f} / {peak:.0f} MB"
    if gpu:
        reading = f"{gpu.allocated_mb:.0f} / {gpu.reserved_mb:.0f} / {gpu.peak_mb:.0f} MB"
        yield "gpu allocated / reserved / peak", reading


def _words(stage: str) -> str:
    return stage.replace("_", " ")
