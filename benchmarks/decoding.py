"""Time referrals with our decoding and with transformers' generate on held-out tabletops.

All use the same weights and prompts and take turns in one process: ours, transformers as it comes
(detector, image processing and generate) with as many threads as ours, and with as many as PyTorch
takes of itself. Exit code 1 where they do not say the same, token for token.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import torch
from decoding_figures import Measured, figures, markdown
from decoding_plot import plot
from decoding_runs import (
    OURS,
    SOURCES,
    STOCK,
    UNTUNED,
    DraftSources,
    Run,
    TimedReferrer,
    settle,
    with_memory,
)
from rich.progress import track

from rex_thinker_ros.apps.command_line import add_model_options, chosen_profile, run
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.find import find_models
from rex_thinker_ros.models.load import load_models, warm_up
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.command import Command, CommandParser
from rex_thinker_ros.referring.referrer import Referrer
from rex_thinker_ros.training.held_out import draw
from rex_thinker_ros.training.store import StoredScene, read_worlds
from rex_thinker_ros.user_error import UserError

sys.path.insert(0, str(Path(__file__).parents[1] / "test/support"))

IMAGE = Size(640, 480)
ANOTHER = 1_000_000  # added to a scene's number, it draws another question


class Bench:
    """Put commands to both ways in turn."""

    def __init__(self, profile: Profile, device: str, threads: dict[str, int]) -> None:
        """Load the models; threads has the number of each way."""
        detector, reasoner = load_models(profile, device=device)
        # the libraries that loading silenced
        from stock_detector import StockDetector
        from stock_reasoner import StockReasoner

        directories = find_models(profile)
        stock = StockDetector(directories.detector, profile, device), StockReasoner(reasoner)
        if directories.second_detector is not None:
            stock[0].second = StockDetector(directories.second_detector, profile, device)
        warm_up(detector, reasoner)
        warm_up(*stock)
        self._reasoner = reasoner
        ways = {way: (detector, reasoner) if way == OURS else stock for way in threads}
        self._ways = {way: TimedReferrer(*pair, threads[way]) for way, pair in ways.items()}
        self._settling = Referrer(detector, reasoner)
        self._parser = CommandParser()
        self._sources = DraftSources(reasoner)
        self.measured = Measured()

    def ask(self, scene: StoredScene, number: int) -> None:
        """Refer on a scene with each way, then with ours again for what else is measured."""
        image, command = scene.image(), self._command(scene, number)
        order = list(self._ways) if number % 2 else list(self._ways)[::-1]
        runs = {way: self._refer(way, image, command) for way in order}
        reached = {way: run for way, run in runs.items() if run is not None}
        prompt = self._ways[OURS].prompt
        if reached.keys() != runs.keys() or prompt is None:
            return
        self.measured.add(command.sentence, reached)
        with with_memory(
            self._reasoner, self._reasoner._memory.emptied()
        ):  # the main figures know only one question
            second = self._refer(OURS, image, self._command(scene, number + ANOTHER))
            self.measured.settled.append(settle(self._settling, image, command))
        if second:
            self.measured.second_first_token.append(second.first_token)
        for source in SOURCES:
            self.measured.passes[source].append(self._sources.passes(source, image, prompt))

    def _command(self, scene: StoredScene, number: int) -> Command:
        return self._parser.parse(f"Pick up the {draw(scene, number).expression}, please.")

    def _refer(self, way: str, image: Any, command: Command) -> Run | None:
        return self._ways[way].refer(image, command)


def main() -> int:
    """Measure; write the figures where asked."""
    return run(partial(_run, _options()), Telling(sys.stderr).error)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of held-out worlds, see README.md")
    add_model_options(parser)
    parser.set_defaults(model="demo", device="cpu")
    add = parser.add_argument
    add("--limit", type=int, default=60, help="tabletops of 640x480 (default: %(default)s)")
    add("--threads", type=int, default=1, help="of ours, on a CPU (default: %(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the figures there")
    add("--markdown", type=Path, metavar="FILE", help="write the tables there")
    add("--plot", type=Path, metavar="FILE", help="draw there where the time goes")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    scenes = _scenes(options.scenes, options.limit)
    untuned = torch.get_num_threads()  # before the profile chooses
    threads = {UNTUNED: untuned, STOCK: options.threads, OURS: options.threads}
    bench = Bench(chosen_profile(options), options.device, threads)
    for number, scene in track(scenes, "Referring"):
        bench.ask(scene, number)
    found = figures(bench.measured, options.device, threads)
    tables = markdown(found)
    print(tables)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    if options.markdown:
        options.markdown.write_text(tables)
    if options.plot:
        plot(found, options.plot)
    for sentence in bench.measured.different:
        print(f"not the same text: {sentence}", file=sys.stderr)
    return 1 if bench.measured.different else 0


def _scenes(folder: Path, limit: int) -> list[tuple[int, StoredScene]]:
    """Return so many scenes from all over the worlds, with the numbers that they have there."""
    every = enumerate(scene for world in read_worlds(folder) for scene in world)
    fitting = [(number, scene) for number, scene in every if scene.size == IMAGE]
    if not fitting:
        raise UserError(f"{folder} holds no world of {IMAGE.width}x{IMAGE.height}: render some.")
    return fitting[:: -(-len(fitting) // limit)][:limit]


if __name__ == "__main__":
    sys.exit(main())
