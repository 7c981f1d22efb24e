"""Replay commands on a bag: `python -m rex_thinker_ros.apps.replay --help`. Needs no ROS."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track

from rex_thinker_ros.answering.answering import Models
from rex_thinker_ros.apps.command_line import add_model_options, chosen_profile, run
from rex_thinker_ros.apps.replaying import outputs
from rex_thinker_ros.apps.replaying.answer import answer_of
from rex_thinker_ros.apps.replaying.bag import Bag
from rex_thinker_ros.apps.replaying.comparison import changes, comparison_table, read_run
from rex_thinker_ros.apps.replaying.judged import Judged, judge
from rex_thinker_ros.apps.replaying.recording import record
from rex_thinker_ros.apps.replaying.referral_bag import write_referral_bag
from rex_thinker_ros.apps.replaying.script import Script, read_script
from rex_thinker_ros.apps.replaying.session import Stage, replay
from rex_thinker_ros.apps.report import write_report
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.referring.command import CommandParser


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay; return 0 if all expectations held, 1 if not, 2 if it could not be done."""
    options = _options(arguments)
    work = partial(_compare, *options.compare) if options.compare else partial(_run, options)
    return run(work, Telling(sys.stderr).error, failure=2)


def _run(options: argparse.Namespace) -> int:
    console = Console(stderr=True)
    script = read_script(options.script)
    with Bag(options.bag) as bag:
        judged = _replay(options, bag, script, console)
        start_nanoseconds = bag.start_nanoseconds
    Console().print(outputs.terminal_table(judged))
    if options.jsonl:
        outputs.write_jsonl(options.jsonl, judged)
    if options.junit:
        outputs.write_junit(options.junit, judged, name=options.script.stem)
    if options.html:
        entries = [one.entry(number) for number, one in enumerate(judged, 1)]
        write_report(options.html, entries, model=options.model)
    if options.output_bag:
        write_referral_bag(
            options.output_bag, judged,
            start_nanoseconds=start_nanoseconds, model=options.model,
        )  # fmt: skip
    wrong = sum(bool(one.faults) for one in judged)
    console.print(f"{len(judged) - wrong} of {len(judged)} commands ended as expected.")
    return int(wrong > 0)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="replay",
        description="Give the commands of a file to a recorded bag, and compare what comes of them "
        "with what is expected.",
        epilog="Exit code 0: all expectations held. 1: some did not. 2: it could not be done.",
    )
    parser.add_argument(
        "bag", type=Path, nargs="?", help="folder of a rosbag2, or a .mcap or .db3 file"
    )
    parser.add_argument("script", type=Path, nargs="?", help="YAML file of commands")
    add_model_options(parser)
    parser.add_argument(
        "--record", type=Path, metavar="DIR",
        help="write what was decided, with its images, as the node's decision log has it",
    )  # fmt: skip
    parser.add_argument("--jsonl", type=Path, metavar="FILE", help="write a line for each command")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML for a CI")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report to look at")
    parser.add_argument(
        "--output-bag", type=Path, metavar="DIR",
        help="write an mcap bag of the referrals, to be opened beside the one replayed",
    )  # fmt: skip
    parser.add_argument(
        "--compare", type=Path, nargs=2, metavar=("BEFORE", "AFTER"),
        help="show which commands ended otherwise in two files of --jsonl; 1 if any did",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if not options.compare and options.script is None:
        parser.error("name a bag and a file of commands, or --compare two results")
    return options


def _compare(before: Path, after: Path) -> int:
    changed = changes(read_run(before), read_run(after))
    console = Console()
    if changed:
        console.print(comparison_table(changed, (before.stem, after.stem)))
    console.print(f"{len(changed)} commands ended otherwise.")
    return int(bool(changed))


def _replay(
    options: argparse.Namespace, bag: Bag, script: Script, console: Console
) -> list[Judged]:
    stage = Stage(bag, script, logging.getLogger(__name__))
    profile = chosen_profile(options)
    detector, reasoner = load_models(profile, device=options.device)
    results = replay(stage, script, Models(CommandParser(), detector, reasoner))
    if options.record:
        results = record(results, options.record, script=options.script, profile=profile)
    judged = []
    for one in track(results, "Replaying", len(script.cues), console=console):
        looked = one.result.looked
        judged.append(judge(one.cue, answer_of(one.result), looked.image if looked else None))
    return judged


if __name__ == "__main__":
    sys.exit(main())
