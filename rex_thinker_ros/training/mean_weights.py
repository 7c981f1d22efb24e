"""Average the weights of two checkpoints of one model, such as before and after a further leg.

`python -m rex_thinker_ros.training.mean_weights --help`
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from rex_thinker_ros.apps.command_line import run
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.user_error import UserError

WEIGHTS = "model.safetensors"


def write_mean(first: Path, second: Path, folder: Path, *, share: float = 0.5) -> None:
    """Write the first checkpoint with the mean of both weights, `share` (0 to 1) of the second.

    The mean is taken in float32 and stored as the first has it. UserError unless both have the same
    weights of the same shapes.
    """
    weights, metadata = _read(first / WEIGHTS)
    others, _ = _read(second / WEIGHTS)
    if {k: v.shape for k, v in weights.items()} != {k: v.shape for k, v in others.items()}:
        raise UserError(f"{first} and {second} are not the same model: their weights differ.")
    shutil.copytree(first, folder, dirs_exist_ok=True)
    mean = {
        name: torch.lerp(one.float(), others[name].float(), share).to(one.dtype)
        for name, one in weights.items()
    }
    save_file(mean, folder / WEIGHTS, metadata=metadata)


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    if not path.is_file():
        raise UserError(f"There is no {path}: name the folder of a checkpoint.")
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def main() -> int:
    """Write the mean from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path, help="folder of a checkpoint")
    parser.add_argument("second", type=Path, help="folder of another one of the same model")
    parser.add_argument("folder", type=Path, help="where the mean goes")
    parser.add_argument("--share", type=float, default=0.5, help="of the second (default: 0.5)")
    args = parser.parse_args()

    def write() -> int:
        write_mean(args.first, args.second, args.folder, share=args.share)
        return 0

    return run(write, Telling(sys.stderr).error)


if __name__ == "__main__":
    sys.exit(main())
