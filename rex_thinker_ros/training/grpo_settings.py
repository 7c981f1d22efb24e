"""How GRPO trains, and the options of its command."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, fields

from rex_thinker_ros.training.reward import Weights
from rex_thinker_ros.training.rollouts import KIND_SETS


@dataclass(frozen=True)
class Settings:
    """How to train; every field but the reward's weights is an option of the command."""

    images: int = field(default=4, metadata={"help": "scenes that completions are drawn for"})
    questions: int = field(default=8, metadata={"help": "about each scene"})
    samples: int = field(default=8, metadata={"help": "completions of each question: a group"})
    updates: int = field(default=2, metadata={"help": "steps of the optimizer for each drawing"})
    temperature: float = field(default=1.0, metadata={"help": "at which completions are drawn"})
    max_new_tokens: int = field(default=320, metadata={"help": "of a completion"})
    rate: float = field(default=1e-4, metadata={"help": "learning rate; falls to a tenth"})
    clip: float = field(default=0.2, metadata={"help": "of the ratio of probabilities"})
    kl_weight: float = field(default=0.02, metadata={"help": "of the distance to the start"})
    kinds: str = field(
        default="hard", metadata={"help": "of questions", "choices": tuple(KIND_SETS)}
    )
    train_tower: bool = field(default=False, metadata={"help": "train the vision tower too"})
    seed: int = field(default=0, metadata={"help": "of scenes, questions and completions"})
    check_every: int = field(default=20, metadata={"help": "drawings between greedy checks"})
    weights: Weights = field(default_factory=Weights)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add an option for each field of Settings, and for each of the reward's weights."""
    for option in fields(Settings):
        name = "--" + option.name.replace("_", "-")
        about = f"{option.metadata.get('help')} (default: %(default)s)"
        if option.name == "weights":
            continue
        if isinstance(option.default, bool):
            parser.add_argument(name, action="store_true", help=option.metadata["help"])
        else:
            parser.add_argument(
                name, type=type(option.default), default=option.default, help=about,
                choices=option.metadata.get("choices"),
            )  # fmt: skip
    for part in fields(Weights):
        parser.add_argument(
            f"--{part.name}-weight", type=float, default=part.default,
            help="of the reward (default: %(default)s)",
        )  # fmt: skip


def chosen_settings(args: argparse.Namespace) -> Settings:
    """Return the settings that the options of add_settings name."""
    weights = Weights(**{p.name: getattr(args, f"{p.name}_weight") for p in fields(Weights)})
    chosen = {f.name: getattr(args, f.name) for f in fields(Settings) if f.name != "weights"}
    return Settings(**chosen, weights=weights)
