"""Reward the embedded reasoner for right answers: `python -m rex_thinker_ros.training.train_grpo`.

The second stage, after supervised training: group relative policy optimisation (GRPO).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from rex_thinker_ros.training.greedy_check import GreedyCheck
from rex_thinker_ros.training.grpo_settings import add_settings, chosen_settings
from rex_thinker_ros.training.grpo_trainer import GrpoTrainer
from rex_thinker_ros.training.store import read_worlds


def main() -> None:
    """Train from the command line."""
    args = _options()
    torch.set_num_threads(args.threads)
    scenes = [scene for world in read_worlds(args.scenes) for scene in world]
    check = None
    if args.check:
        held_out = [scene for world in read_worlds(args.check) for scene in world]
        check = GreedyCheck(held_out[:: max(1, len(held_out) // args.check_scenes)])
    trainer = GrpoTrainer(scenes, args.folder, args.start, chosen_settings(args), check)
    trainer.run(args.minutes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of rendered training worlds")
    parser.add_argument("folder", type=Path, help="where checkpoints and curves go")
    parser.add_argument("--start", type=Path, required=True, help="checkpoint of the first stage")
    parser.add_argument("--minutes", type=float, default=45, help="default: %(default)s")
    parser.add_argument("--check", type=Path, help="worlds to measure greedy answers on")
    parser.add_argument("--check-scenes", type=int, default=50, help="of them, at most")
    parser.add_argument("--threads", type=int, default=1)
    add_settings(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
