"""Fine-tune a Qwen2.5-VL on a referring set: `python -m rex_thinker_ros.training.fine_tune`."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from rex_thinker_ros.apps.command_line import run
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.quiet import silence_libraries
from rex_thinker_ros.training.fine_tuning.read_set import read_split
from rex_thinker_ros.training.fine_tuning.settings import Settings
from rex_thinker_ros.training.fine_tuning.strict_yaml import read_settings


def main() -> int:
    """Fine-tune from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", type=Path, help="YAML file; see config/fine_tune.yaml")
    parser.add_argument("--resume", action="store_true", help="go on with the run in its output")
    args = parser.parse_args()
    return run(partial(fine_tune, args.settings, resume=args.resume), Telling(sys.stderr).error)


def fine_tune(path: Path, *, resume: bool) -> int:
    """Run what the settings ask for; UserError where they or the set do not fit."""
    silence_libraries()
    from rex_thinker_ros.training.fine_tuning.fine_tuner import FineTuner  # which loads them

    settings = read_settings(path, Settings)
    split = read_split(settings.data)
    telling = Telling()
    telling.step(
        f"{len(split.training.expressions)} expressions to learn from, "
        f"{len(split.reasoned.expressions)} with reasoning; "
        f"{len(split.held_out.expressions)} held out, {split.training.left_out} left out"
    )
    tuner = FineTuner(settings, split, resume=resume)
    telling.step(f"stages: {', '.join(stage.name for stage in tuner.stages)}")
    telling.step(f"wrote {tuner.run()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
