"""Talk to a simulated robot: the tabletop, the node and the picker, and a prompt to type at."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from PIL import Image
from rich.prompt import Prompt
from rich.text import Text

from rex_thinker_ros.apps.command_line import run
from rex_thinker_ros.apps.commander import Reply
from rex_thinker_ros.apps.ros_node import ros_node
from rex_thinker_ros.apps.surroundings import checkout, isolate
from rex_thinker_ros.apps.tabletop_robot import TabletopRobot, tabletop_robot
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.messages import box_of

_HELP = "Say what to pick, 'scene N' for another table, or 'quit'."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until the user leaves; return 0 unless something does not work."""
    options = _options(arguments)
    telling = Telling()
    # let the processes be stopped also when we are
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return run(partial(_run, options, telling), telling.error)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tabletop", description=__doc__, epilog=_HELP)
    add = parser.add_argument
    add("--scene", type=int, default=5, help="number of the first table (default: %(default)s)")
    add("--model", default="demo", help="model profile (default: %(default)s)")
    add("--say", action="append", metavar="SENTENCE", help="give this command, and end; repeatable")
    out = (checkout() or Path.cwd()) / "out" / "tabletop"
    add("--out", type=Path, default=out, metavar="DIR", help="for logs and images (%(default)s)")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, telling: Telling) -> int:
    domain = isolate()
    telling.step(f"Starting the table, the node and the picker on ROS domain {domain}")
    world = {"scene": str(options.scene)}
    with (
        ros_node("tabletop") as node,
        tabletop_robot(node, options.out, model=options.model, world=world) as robot,
    ):
        telling.step(f"Ready. What the robot saw is in {options.out / 'seen.png'}")
        for number, sentence in enumerate(_sentences(options.say), 1):
            words = sentence.split()
            if words[:1] == ["scene"] and words[1:] and words[1].isdigit():
                robot.lay_out(int(words[1]))
            else:
                _pick(robot, sentence, number, options.out, telling)
    return 0


def _sentences(given: list[str] | None) -> Iterator[str]:
    """Yield what the user says, until they leave."""
    if given:
        yield from given
        return
    while True:
        try:
            sentence = Prompt.ask(f"\n[dim]{_HELP}[/dim]\n[bold]you[/bold]")
        except (EOFError, KeyboardInterrupt):
            return
        if sentence in ("quit", "exit"):
            return
        if sentence.strip():
            yield sentence


def _pick(robot: TabletopRobot, sentence: str, number: int, folder: Path, telling: Telling) -> None:
    def on_reply(reply: Reply) -> None:
        referral = reply.referral
        telling.reasoning(referral.reasoning)
        boxes = list(map(box_of, referral.boxes))
        telling.outcome(Outcome(referral.status).name, referral.status_text, boxes, reply.seconds)
        if reply.picture is not None:
            Image.fromarray(reply.picture).save(folder / "seen.png")

    telling.begin(str(number), sentence)
    robot.pick(
        sentence,
        on_text=telling.reasoning,
        on_reply=on_reply,
        on_sentence=lambda said: telling.print(Text.assemble(("robot: ", "bold"), said)),
    )


if __name__ == "__main__":
    sys.exit(main())
