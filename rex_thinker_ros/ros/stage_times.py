"""How long each stage of a command took, over the latest commands."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referral import Referral

STAGES = ("convert", "detect", "first_token", "per_token", "decide")
_WINDOW = 200
_LEAST_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Seconds that half, and 95 of 100, of the samples did not exceed."""

    p50: float
    p95: float


class StageTimes:
    """Keep the latest durations of each stage, in seconds; callable from any thread."""

    def __init__(self, window: int = _WINDOW) -> None:
        self._lock = threading.Lock()
        self._samples = {stage: deque[float](maxlen=window) for stage in STAGES}

    def add(self, stage: str, seconds: float) -> None:
        """Take one duration in place of the oldest.

        Raises ValueError for a stage that is not in STAGES, and for what is no duration.
        """
        _check_stages([stage])
        if not 0 <= seconds < math.inf:
            raise ValueError(f"{stage} cannot have taken {seconds} s")
        with self._lock:
            self._samples[stage].append(seconds)

    def record(self, convert_seconds: float | None, referral: Referral) -> None:
        """Take the durations of one command, of the stages that it reached.

        A fault tells nothing of how long a stage takes, so MODEL_ERROR leaves only the conversion
        of the image. per_token is the mean over the tokens after the first.
        """
        if convert_seconds is not None:
            self.add("convert", convert_seconds)
        if referral.decision.outcome is Outcome.MODEL_ERROR:
            return
        if referral.detection_seconds:
            self.add("detect", referral.detection_seconds)
        if referral.first_token_seconds is not None:
            self.add("first_token", referral.first_token_seconds)
            if referral.tokens > 1:
                rest = referral.reasoning_seconds - referral.first_token_seconds
                self.add("per_token", rest / (referral.tokens - 1))
        if referral.decision_seconds:
            self.add("decide", referral.decision_seconds)

    def clear(self) -> None:
        """Forget all, such as the times of models that are no longer loaded."""
        with self._lock:
            for samples in self._samples.values():
                samples.clear()

    def percentiles(self) -> dict[str, Percentiles]:
        """Return the percentiles of each stage that has a sample, in the order of STAGES."""
        return {
            stage: Percentiles(nearest_rank(samples, 50), nearest_rank(samples, 95))
            for stage, samples in self._ordered().items()
            if samples
        }

    def over(self, budgets: Mapping[str, float]) -> dict[str, float]:
        """Return the stages whose p95 is over their budget, with that p95; all in seconds.

        Fewer than 5 samples are not judged; a stage without a budget, or with one of 0, neither.
        Raises ValueError for a budget of a stage that is not in STAGES.
        """
        _check_stages(budgets)
        p95s = {
            stage: nearest_rank(samples, 95)
            for stage, samples in self._ordered().items()
            if len(samples) >= _LEAST_SAMPLES and budgets.get(stage)
        }
        return {stage: p95 for stage, p95 in p95s.items() if p95 > budgets[stage]}

    def _ordered(self) -> dict[str, list[float]]:
        with self._lock:
            return {stage: sorted(samples) for stage, samples in self._samples.items()}


def nearest_rank(ordered: Sequence[float], percent: int) -> float:
    """Return the least of ordered samples that `percent` of 100 samples do not exceed.

    The nearest-rank method: the sample of rank ceil(percent / 100 * count), from 1. It is always
    one of the samples; below 20 of them, p95 is the largest.
    """
    return ordered[max(1, math.ceil(percent * len(ordered) / 100)) - 1]


def _check_stages(stages: Iterable[str]) -> None:
    if unknown := sorted(set(stages) - set(STAGES)):
        raise ValueError(f"no stage is called {', '.join(unknown)}; choose of {', '.join(STAGES)}")
