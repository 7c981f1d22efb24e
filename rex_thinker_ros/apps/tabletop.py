"""Talk to a simulated robot: the tabletop, the node and the picker, and a prompt to type at."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Protocol

from PIL import Image
from rich.prompt import Prompt
from rich.text import Text

from rex_thinker_ros.apps.command_line import run
from rex_thinker_ros.apps.commander import Reply
from rex_thinker_ros.apps.ros_node import ros_node
from rex_thinker_ros.apps.surroundings import checkout, isolate
from rex_thinker_ros.apps.tabletop_page import add_page_options, show_page
from rex_thinker_ros.apps.tabletop_recording import Recording
from rex_thinker_ros.apps.tabletop_robot import TabletopRobot, tabletop_robot
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.messages import box_of

_LOOK_SECONDS = 0.3  # for images to arrive that did not while the user was typing
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
    add("--web", action="store_true", help="talk on a web page instead of in the terminal")
    add_page_options(parser)
    add("--record", type=Path, metavar="DIR", help="leave a bag, its commands and a film there")
    add("--out", type=Path, default=out, metavar="DIR", help="for logs and images (%(default)s)")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, telling: Telling) -> int:
    domain = isolate()
    telling.step(f"Starting the table, the node and the picker on ROS domain {domain}")
    with ExitStack() as stack:
        node = stack.enter_context(ros_node("tabletop"))
        world = {"scene": str(options.scene)}
        robot = stack.enter_context(
            tabletop_robot(node, options.out, model=options.model, world=world)
        )
        listeners: list[_Listener] = [_Screen(telling, options.out / "seen.png")]
        if options.record:
            recording = Recording(node, options.record)
            listeners.append(stack.enter_context(closing(recording)))
        if options.web:
            return show_page(options, telling)
        telling.step(f"Ready. What the robot saw is in {options.out / 'seen.png'}")
        for sentence in _sentences(options.say):
            words = sentence.split()
            if words[:1] == ["scene"] and words[1:] and words[1].isdigit():
                robot.lay_out(int(words[1]))
            else:
                _pick(robot, sentence, telling, listeners)
    return 0


class _Listener(Protocol):
    def ask(self, sentence: str) -> None: ...
    def reply(self, reply: Reply) -> None: ...
    def say(self, sentence: str) -> None: ...


class _Screen:
    def __init__(self, telling: Telling, seen: Path) -> None:
        self._telling, self._seen, self._count = telling, seen, 0

    def ask(self, sentence: str) -> None:
        self._count += 1
        self._telling.begin(str(self._count), sentence)

    def reply(self, reply: Reply) -> None:
        referral = reply.referral
        self._telling.reasoning(referral.reasoning)
        boxes = list(map(box_of, referral.boxes))
        status = Outcome(referral.status).name
        self._telling.outcome(status, referral.status_text, boxes, reply.seconds)
        if reply.picture is not None:
            Image.fromarray(reply.picture).save(self._seen)

    def say(self, sentence: str) -> None:
        self._telling.print(Text.assemble(("robot: ", "bold"), sentence))


def _pick(
    robot: TabletopRobot, sentence: str, telling: Telling, listeners: Sequence[_Listener]
) -> None:
    def reply(reply: Reply) -> None:
        for listener in listeners:
            listener.reply(reply)

    def say(said: str) -> None:
        for listener in listeners:
            listener.say(said)

    robot.wait(_LOOK_SECONDS)
    for listener in listeners:
        listener.ask(sentence)
    robot.pick(sentence, on_text=telling.reasoning, on_reply=reply, on_sentence=say)


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


if __name__ == "__main__":
    sys.exit(main())
