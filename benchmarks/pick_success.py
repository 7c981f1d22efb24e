"""Measure whether the right object ends up in the gripper, on tabletops that were never trained on.

The simulated tabletop, the node and the picker run as processes. Each scene gets one command; a
quarter has no match. Prints a table; --rows writes a line of JSON for each scene.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path

from pick_judging import Judged, Result, case, judge
from rich.progress import track

from rex_thinker_ros.apps.command_line import run
from rex_thinker_ros.apps.ros_node import ros_node
from rex_thinker_ros.apps.surroundings import isolate
from rex_thinker_ros.apps.tabletop_robot import tabletop_robot
from rex_thinker_ros.apps.telling import Telling

WITHOUT_MATCH = 4  # every so many scenes


def main() -> int:
    """Measure and print."""
    return run(partial(_run, _options()), Telling(sys.stderr).error)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--scenes", type=int, default=200, help="default: %(default)s")
    add("--first", type=int, default=1000, help="number of the first scene (default: %(default)s)")
    add("--speed", type=float, default=3.0, help="of the gripper in m/s (default: %(default)s)")
    add("--model", default="demo", help="model profile (default: %(default)s)")
    add("--out", type=Path, default=Path("out/pick_success"), help="for logs (%(default)s)")
    add("--rows", type=Path, metavar="FILE", help="write a line of JSON for each scene there")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    isolate()
    world = {"scene": str(options.first), "gripper_speed": str(options.speed)}
    judged: list[Judged] = []
    with (
        ros_node("pick_success") as node,
        tabletop_robot(node, options.out, model=options.model, world=world) as robot,
    ):
        for number in track(range(options.first, options.first + options.scenes), "Picking"):
            asked = case(number, match=number % WITHOUT_MATCH != 0)
            robot.lay_out(number)
            judged.append(judge(asked, robot.pick(asked.sentence)))
    print(_table(judged))
    if options.rows:
        options.rows.write_text("".join(json.dumps(asdict(one)) + "\n" for one in judged))
    return 0


def _table(judged: list[Judged]) -> str:
    matching = [one for one in judged if one.expected]
    counts = Counter(one.result for one in judged)
    right = counts[Result.RIGHT.value]
    head = (
        f"{len(judged)} scenes, {len(matching)} with a match: right object lifted "
        f"{right / max(len(matching), 1):.1%} of those, wrong object lifted "
        f"{counts[Result.WRONG.value] / max(len(judged), 1):.1%} of all"
    )
    lines = [
        head,
        "",
        "| result | scenes | cause |",
        "|---|---|---|",
    ]
    for result in (one.value for one in Result):
        causes = Counter(one.cause for one in judged if one.result == result and one.cause)
        told = ", ".join(f"{count} {cause}" for cause, count in causes.most_common())
        lines.append(f"| {result} | {counts[result]} | {told} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
