"""The demo: the real node answers commands over a replayed camera, and the truth judges it."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from rclpy.node import Node

from rex_thinker_ros.apps.command_line import run
from rex_thinker_ros.apps.commander import Commander
from rex_thinker_ros.apps.material import IMAGE_TOPIC, Material, load_material
from rex_thinker_ros.apps.node_process import NodeProcess
from rex_thinker_ros.apps.output_folder import OutputFolder
from rex_thinker_ros.apps.player import BagPlayer
from rex_thinker_ros.apps.results import Result, make_result
from rex_thinker_ros.apps.ros_node import ros_node
from rex_thinker_ros.apps.script import Cue
from rex_thinker_ros.apps.summary import summarize
from rex_thinker_ros.apps.surroundings import checkout, isolate
from rex_thinker_ros.apps.terminal import Terminal
from rex_thinker_ros.shared_path import shared_path
from rex_thinker_ros.stamps import stamp_nanoseconds

_START_SECONDS = 600.0  # large models take their time to load
_MATCH_SECONDS = 30.0
_ANSWER_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return 0 only if every command got its terminal result."""
    options = _options(arguments)
    terminal = Terminal()
    # let the node be stopped also when we are
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return run(partial(_run, options, terminal), terminal.error)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="demo",
        description="Start the node, play the bundled bag to it, give commands, judge the answers.",
        epilog="The exit code is 0 if every command got its terminal result, right or wrong.",
    )
    out = (checkout() or Path.cwd()) / "out" / "demo"
    parser.add_argument("--out", type=Path, default=out, metavar="DIR", help="default: %(default)s")
    parser.add_argument("--model", default="demo", help="model profile (default: %(default)s)")
    parser.add_argument("--only", type=_positive, metavar="N", help="give the first N commands")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


def _run(options: argparse.Namespace, terminal: Terminal) -> int:
    material = load_material(shared_path("demo"), options.only)
    total = len(material.script)
    output = OutputFolder(options.out)
    domain = isolate()
    terminal.step(f"Starting the node with model {options.model} on ROS domain {domain}")
    process = NodeProcess(
        {"model": options.model, "image_transport": "compressed"},
        {"image": IMAGE_TOPIC},
        output.log,
    )
    try:
        with (
            ros_node("demo") as node,
            closing(_converse(node, process, material, terminal)) as results,
        ):
            for result in results:
                output.add(result)
                terminal.result(result)
    finally:
        output.finish(options.model)
        terminal.step("Stopping the node")
        code = process.interrupt()
    summary = summarize(output.entries)
    terminal.summary(summary, output.path)
    if code != 0:
        raise process.error(f"The node ended with exit code {code} after SIGINT.")
    return 0 if summary.answered == total else 1


def _converse(
    node: Node, process: NodeProcess, material: Material, terminal: Terminal
) -> Generator[Result, None, None]:
    """Play the bag and give each command in its moment; yield the results."""
    commander = Commander(node, process.check)
    if not commander.wait_until_active(_START_SECONDS):
        raise process.error(f"The node is not active after {_START_SECONDS:.0f} s.")
    with closing(BagPlayer(node, material.bag)) as player:
        if not commander.wait_until(lambda: player.has_listener(material.topic), _MATCH_SECONDS):
            raise process.error(f"The node does not subscribe to {material.topic}.")
        terminal.step(f"The node is active. Playing {material.bag} to it, round after round")
        player.start()
        total = len(material.script)
        for number in range(1, total + 1):
            cue = _next_cue(commander, player, material)
            terminal.command(number, total, cue.command)
            reply = commander.ask(
                cue.command, timeout_seconds=_ANSWER_SECONDS, on_text=terminal.reasoning
            )
            stamp = reply.referral.header.stamp if reply else None
            recorded = stamp and player.recorded_stamp(stamp_nanoseconds(stamp))
            yield make_result(number, cue, reply, material.truth.boxes(cue, recorded))


def _next_cue(commander: Commander, player: BagPlayer, material: Material) -> Cue:
    """Wait for the moment of a command; the bag comes around again for those that were missed."""
    due: list[Cue] = []

    def is_due() -> bool:
        seconds = player.seconds()
        cue = material.script.take(seconds) if seconds is not None else None
        due.extend([cue] if cue else [])
        return bool(due)

    commander.wait_until(is_due, float("inf"))
    return due[0]


if __name__ == "__main__":
    sys.exit(main())
