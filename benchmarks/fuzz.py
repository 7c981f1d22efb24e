"""Look for inputs that break what the package promises: model answers, images and commands.

`python benchmarks/fuzz.py --help`

Each case is drawn from the seed and its number alone, changed at random, and checked. Exits with 1
if a case breaks a promise, takes too long or too much memory, or ends its process.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import cv2
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "test" / "support"))

from fuzz_answers import check_answer, make_answer
from fuzz_commands import check_command, make_command, parser
from fuzz_images import check_image, make_image
from mutations import BrokenPromiseError, random_of, shrink

BATCH = 100  # cases that a process takes at a time
MOST_SECONDS = 5.0  # processor time of one case
MOST_MEMORY_MB = 1200.0  # of a process, in 10^6 bytes: an image of the largest size takes 900
HANG_SECONDS = 300.0  # on the clock, for one case; then its process is ended
SHOWN = 1500  # characters of a reproduction
TERMINAL = os.dup(2)  # for reports of crashes


@dataclass(frozen=True)
class Target:
    """What is fuzzed: how to make a case and check it, how many by default, what comes before."""

    make: Callable[[Random], Any]
    check: Callable[[Any], str]
    count: int
    prepare: Callable[[], object] = lambda: None


TARGETS = {
    "answers": Target(make_answer, check_answer, 100_000),
    "images": Target(make_image, check_image, 20_000, lambda: cv2.setNumThreads(1)),
    "commands": Target(make_command, check_command, 20_000, parser),
}


@dataclass(frozen=True)
class Finding:
    """One kind of broken promise: the case that shows it in the fewest words, and how often."""

    fault: str
    number: int
    case: Any
    count: int = 1


@dataclass
class Tally:
    """What became of some cases; their processor time with its extreme, and the most memory."""

    outcomes: Counter[str] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)  # seconds, case number
    peak_mb: float = 0.0
    died: range | None = None  # where a process ended

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep the smaller of two that are alike."""
        known = self.findings.get(finding.fault, replace(finding, count=0))
        smaller = min(known, finding, key=lambda each: len(each.case.content))
        self.findings[finding.fault] = replace(smaller, count=known.count + finding.count)

    def merge(self, other: Tally) -> None:
        """Take in what became of other cases."""
        self.outcomes += other.outcomes
        for finding in other.findings.values():
            self.add(finding)
        self.seconds += other.seconds
        self.slowest = max(self.slowest, other.slowest)
        self.peak_mb = max(self.peak_mb, other.peak_mb)


def run_batch(name: str, seed: int, numbers: range) -> Tally:
    """Check the cases of some numbers."""
    target, tally = TARGETS[name], Tally()
    start = time.process_time()
    for number in numbers:
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True, file=TERMINAL)
        case = target.make(random_of(seed, number))
        outcome, fault, seconds = _try(target, case)
        faulthandler.cancel_dump_traceback_later()
        tally.outcomes[outcome] += 1
        tally.slowest = max(tally.slowest, (seconds, number))
        if fault and fault not in tally.findings and seconds < 1:
            case = _shrunk(target, case, fault)
        if fault:
            tally.add(Finding(fault, number, case))
    tally.seconds, tally.peak_mb = time.process_time() - start, _peak_mb()
    return tally


def _try(target: Target, case: Any) -> tuple[str, str, float]:
    """Return a case's outcome, how it breaks a promise if it does, and its processor time."""
    start, memory = time.process_time(), _peak_mb()
    outcome = "broken promise"
    fault = ""
    try:
        outcome = target.check(case)
    except BrokenPromiseError as broken:
        fault = str(broken)
    except Exception as error:  # noqa: BLE001 - what is raised is what we look for
        place = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
    seconds = time.process_time() - start
    if seconds > MOST_SECONDS:
        fault = f"it takes more than {MOST_SECONDS:g} s"
    elif _peak_mb() > MOST_MEMORY_MB > memory:
        fault = f"it takes more than {MOST_MEMORY_MB:g} MB"
    return outcome, fault, seconds


def _shrunk(target: Target, case: Any, fault: str) -> Any:
    def fails(content: Any) -> bool:
        return _try(target, replace(case, content=content))[1] == fault

    return replace(case, content=shrink(case.content, fails))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _start(name: str) -> None:
    """Prepare a process; decoders in C write to its error stream, which nobody needs."""
    faulthandler.enable(file=TERMINAL)
    TARGETS[name].prepare()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def run(name: str, seed: int, numbers: range, jobs: int) -> Tally:
    """Check cases in several processes, up to the first that ends its process."""
    batches = [numbers[i : i + BATCH] for i in range(0, len(numbers), BATCH)]
    total = Tally()
    with ProcessPoolExecutor(jobs, initializer=_start, initargs=(name,)) as pool:
        futures = [(batch, pool.submit(run_batch, name, seed, batch)) for batch in batches]
        for batch, future in track(futures, f"Fuzzing {name}"):
            try:
                total.merge(future.result())
            except BrokenProcessPool:
                total.died = range(batch.start, min(batch.start + jobs * BATCH, numbers.stop))
                break
    return total


def report(name: str, seed: int, tally: Tally) -> str:
    """Return lines for the terminal: outcomes, extremes, and how to see each finding again."""
    count = sum(tally.outcomes.values())
    lines = [f"{name}: {count} cases of seed {seed}, {tally.seconds:.0f} s of processor time"]
    for outcome, times in tally.outcomes.most_common():
        lines.append(f"  {outcome:24} {times:7} {times / count:6.1%}")
    lines.append(f"  slowest case: {tally.slowest[0]:.2f} s (number {tally.slowest[1]})")
    lines.append(f"  most memory of a process: {tally.peak_mb:.0f} MB")
    for found in tally.findings.values():
        again = f"{name} --seed {seed} --first {found.number} --count 1"
        lines += [
            f"BROKEN PROMISE, {found.count} times: {found.fault}",
            f"  again: python benchmarks/fuzz.py {again}",
            f"  with:  {ascii(found.case)[:SHOWN]}",
        ]
    if tally.died:
        lines.append(
            f"A PROCESS ENDED in one of the cases {tally.died.start} to {tally.died.stop - 1}: "
            "narrow it down with --first and --count"
        )
    return "\n".join(lines)


def main() -> int:
    """Fuzz; return 1 if anything was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("target", choices=(*TARGETS, "all"), nargs="?", default="all")
    options.add_argument("--count", type=int, help="cases of each target; else its own number")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--first", type=int, default=0, help="number of the first case")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    args = options.parse_args()
    found = False
    for name in TARGETS if args.target == "all" else (args.target,):
        numbers = range(args.first, args.first + (args.count or TARGETS[name].count))
        tally = run(name, args.seed, numbers, args.jobs)
        print(report(name, args.seed, tally), flush=True)
        found |= bool(tally.findings) or tally.died is not None
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
