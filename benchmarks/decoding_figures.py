"""The figures of benchmarks/decoding.py, from its runs to Markdown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from decoding_runs import OURS, STOCK, UNTUNED, Run, Settled

from rex_thinker_ros.models.memory.taken import gpu_memory, process_peak_mb

_ROWS = (
    ("referral p50", "referral_p50", "s"),
    ("referral p95", "referral_p95", "s"),
    ("referral p50, processor time", "processor_p50", "s"),
    ("detection", "detection", "ms"),
    ("preparing image and prompt", "preparing", "ms"),
    ("first token, from the start of the reasoning", "first_token", "ms"),
    ("the tokens after it", "decoding", "ms"),
    ("each of them", "per_token", "ms"),
    ("decision", "decision", "ms"),
)


@dataclass
class Measured:
    """Hold the runs of all prompts, by way, and the passes of drafts, by source."""

    runs: dict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))
    different: list[str] = field(default_factory=list)
    second_first_token: list[float] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    passes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, sentence: str, runs: dict[str, Run]) -> None:
        """Take a command's run of each way; its sentence is kept where they differ."""
        for way, run in runs.items():
            self.runs[way].append(run)
        if len({(run.text, run.tokens) for run in runs.values()}) > 1:
            self.different.append(sentence)


def figures(measured: Measured, device: str, threads: dict[str, int]) -> dict[str, Any]:
    """Return all figures: seconds, medians unless named otherwise."""
    runs = measured.runs[OURS]
    gpu, tokens = gpu_memory(), sum(run.tokens for run in runs)
    ways = {way: _way(measured.runs[way]) for way in threads}
    return {
        "device": torch.cuda.get_device_name() if gpu else device,
        "threads": threads,
        "torch": torch.__version__,
        "prompts": len(runs),
        "different_texts": len(measured.different),
        "tokens_p50": _median([run.tokens for run in runs]),
        "ways": ways,
        "stages": {way: _stages(measured.runs[way]) for way in threads},
        "by_ours": {
            way: {name: ways[way][name] / value for name, value in ways[OURS].items()}
            for way in (STOCK, UNTUNED)
        },
        "second_command_first_token": _median(measured.second_first_token),
        "settled_p50": _median([one.seconds for one in measured.settled]),
        "settled_p95": float(np.percentile([one.seconds for one in measured.settled], 95)),
        "readings": float(np.mean([one.readings for one in measured.settled])),
        "tokens_per_pass": {
            name: tokens / sum(passes) for name, passes in measured.passes.items()
        },
        "process_peak_mb": process_peak_mb(),
        "gpu_peak_mb": gpu.peak_mb if gpu else None,
        "share_of_floor": None,  # of memory traffic: these weights fit into a CPU's cache
    }  # fmt: skip


def _way(runs: Sequence[Run]) -> dict[str, float]:
    return {
        "referral_p50": _median([run.referral for run in runs]),
        "referral_p95": float(np.percentile([run.referral for run in runs], 95)),
        "processor_p50": _median([run.processor for run in runs]),
        "detection": _median([run.detection for run in runs]),
        "preparing": _median([run.preparing for run in runs]),
        "first_token": _median([run.first_token for run in runs]),
        "decoding": _median([run.reasoning - run.first_token for run in runs]),
        "per_token": _median([run.per_token for run in runs]),
        "decision": _median([run.decision for run in runs]),
        "tokens_per_pass": sum(run.tokens for run in runs) / sum(run.passes for run in runs),
    }


def _stages(runs: Sequence[Run]) -> dict[str, float]:
    """Return the mean of each stage in the middle half of the runs, by the whole time."""
    quarter = len(runs) // 4
    middle = sorted(runs, key=lambda run: run.referral)[quarter : len(runs) - quarter]
    stages = {
        "detection": [run.detection for run in middle],
        "preparing": [run.preparing for run in middle],
        "image and prompt read": [run.first_token - run.preparing for run in middle],
        "decoding": [run.reasoning - run.first_token for run in middle],
        "decision": [run.decision for run in middle],
    }
    return {name: float(np.mean(seconds)) for name, seconds in stages.items()}


def _median(values: Sequence[float]) -> float:
    return float(np.median(values))


def markdown(found: dict[str, Any]) -> str:
    """Return the figures as tables."""
    ways, ratios, threads = found["ways"], found["by_ours"], found["threads"]
    second = found["second_command_first_token"]
    head = (
        f"{found['prompts']} prompts, {found['tokens_p50']:.0f} tokens at the median, "
        f"{found['different_texts']} texts differ; {found['device']}, "
        f"torch {found['torch']}; highest memory of the process {found['process_peak_mb']:.0f} MB"
    )
    lines = [
        head,
        "",
        "| | stock untuned | stock | ours | stock untuned / ours | stock / ours |",
        "|---|---|---|---|---|---|",
        f"| threads | {threads[UNTUNED]} | {threads[STOCK]} | {threads[OURS]} | | |",
    ]
    for title, name, unit in _ROWS:
        amounts = (_amount(ways[way][name], unit) for way in (UNTUNED, STOCK, OURS))
        times = (f"{ratios[way][name]:.2f}" for way in (UNTUNED, STOCK))
        lines.append(_row(title, *amounts, *times))
    per_pass = [f"{ways[way]['tokens_per_pass']:.2f}" for way in (UNTUNED, STOCK, OURS)]
    lines += [
        _row(
            "first token of another command on the same image",
            "",
            "",
            _amount(second, "ms"),
            "",
            "",
        ),
        _row("tokens per pass", *per_pass, "", ""),
        *(
            _row(f"referral {p}, read until it is settled", "", "", _amount(seconds, "s"), "", "")
            for p, seconds in (("p50", found["settled_p50"]), ("p95", found["settled_p95"]))
        ),
        _row("readings until then, mean", "", "", f"{found['readings']:.2f}", "", ""),
        "",
        "| Drafts from | Tokens per pass |",
        "|---|---|",
        _row("form and memory", per_pass[-1]),
    ]
    lines += [_row(name, f"{value:.2f}") for name, value in found["tokens_per_pass"].items()]
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _amount(seconds: float, unit: str) -> str:
    return f"{seconds:.2f} s" if unit == "s" else f"{1000 * seconds:.1f} ms"
