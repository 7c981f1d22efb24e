"""Replay commands on a bag: `python -m rex_thinker_ros.apps.replay --help`. Needs no ROS."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track

from rex_thinker_ros.answering.answering import Models
from rex_thinker_ros.apps.command_line import chosen_profile, run
from rex_thinker_ros.apps.replaying import outputs
from rex_thinker_ros.apps.replaying.bag import Bag
from rex_thinker_ros.apps.replaying.comparison import changes, comparison_table, read_run
from rex_thinker_ros.apps.replaying.judged import Judged, judge_result
from rex_thinker_ros.apps.replaying.options import parse_options
from rex_thinker_ros.apps.replaying.recording import record
from rex_thinker_ros.apps.replaying.referral_bag import write_referral_bag
from rex_thinker_ros.apps.replaying.script import Script, read_script
from rex_thinker_ros.apps.replaying.session import Stage, replay
from rex_thinker_ros.apps.report import write_report
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.referring.command import CommandParser

Answers = tuple[str, Iterator[Judged]]
"""The model profile that answers, and what comes of each command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay; return 0 if all expectations held, 1 if not, 2 if it could not be done."""
    options = parse_options(arguments)
    work = partial(_compare, *options.compare) if options.compare else partial(_run, options)
    return run(work, Telling(sys.stderr).error, failure=2)


def _run(options: argparse.Namespace) -> int:
    console = Console(stderr=True)
    script = read_script(options.script)
    way = _live if options.live else _in_process
    with Bag(options.bag) as bag:
        stage = Stage(bag, script, logging.getLogger(__name__))
        with way(options, script, stage) as (model, answers):
            judged = list(track(answers, "Replaying", len(script.cues), console=console))
        _write(options, judged, model, bag.start_nanoseconds)
    wrong = sum(bool(one.faults) for one in judged)
    console.print(f"{len(judged) - wrong} of {len(judged)} commands ended as expected.")
    return int(wrong > 0)


@contextmanager
def _in_process(options: argparse.Namespace, script: Script, stage: Stage) -> Iterator[Answers]:
    """Give the commands to models in this process."""
    profile = chosen_profile(options)
    detector, reasoner = load_models(profile, device=options.device, say=Telling(sys.stderr).step)
    results = replay(stage, script, Models(CommandParser(), detector, reasoner))
    if options.record:
        results = record(results, options.record, script=options.script, profile=profile)
    draw = options.html is not None
    yield options.model, (judge_result(one.cue, one.result, draw=draw) for one in results)


@contextmanager
def _live(options: argparse.Namespace, script: Script, stage: Stage) -> Iterator[Answers]:
    """Give the commands to the running node."""
    # the other way needs no ROS
    from rex_thinker_ros.apps.replaying.live import LiveReplay
    from rex_thinker_ros.apps.ros_node import ros_node

    with ros_node("replay") as node:
        replayed = LiveReplay(stage, script, node, options.node)
        # also when interrupted, the node has its settings back while we are still there
        with closing(replayed.run(draw=options.html is not None)) as answers:
            yield replayed.model, answers


def _write(
    options: argparse.Namespace, judged: Sequence[Judged], model: str, start_nanoseconds: int
) -> None:
    """Print the table and write the files that are asked for; `model` names the profile."""
    Console().print(outputs.terminal_table(judged))
    if options.jsonl:
        outputs.write_jsonl(options.jsonl, judged)
    if options.junit:
        outputs.write_junit(options.junit, judged, name=options.script.stem)
    if options.html:
        entries = [one.entry(number) for number, one in enumerate(judged, 1)]
        write_report(options.html, entries, model=model)
    if options.output_bag:
        write_referral_bag(
            options.output_bag, judged, start_nanoseconds=start_nanoseconds, model=model
        )


def _compare(before: Path, after: Path) -> int:
    changed = changes(read_run(before), read_run(after))
    console = Console()
    if changed:
        console.print(comparison_table(changed, (before.stem, after.stem)))
    console.print(f"{len(changed)} commands ended otherwise.")
    return int(bool(changed))


if __name__ == "__main__":
    sys.exit(main())
