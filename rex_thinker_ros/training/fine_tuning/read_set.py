"""Reading a referring set in whichever format it is, and splitting it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rex_thinker_ros.apps.evaluation.json_lines import SetError
from rex_thinker_ros.training.fine_tuning.json_set import read_json_set
from rex_thinker_ros.training.fine_tuning.referring_set import ReferringSet
from rex_thinker_ros.training.fine_tuning.settings import DataSettings
from rex_thinker_ros.training.fine_tuning.tsv_set import read_tsv_set


@dataclass(frozen=True, slots=True)
class Split:
    """What is learned from, and what answers are measured on."""

    training: ReferringSet
    held_out: ReferringSet

    @property
    def reasoned(self) -> ReferringSet:
        """Return what is learned from and has reasoning."""
        some = tuple(item for item in self.training.expressions if item.think)
        return replace(self.training, expressions=some)


def read_split(data: DataSettings) -> Split:
    """Read a set, tables of HumanRef-CoT by their suffix .tsv, else JSON lines; hold its end out.

    Raises:
        SetError: a file cannot be read or is malformed, or nothing is left to learn from.
    """
    annotations, images = Path(data.annotations), Path(data.images)
    read = read_tsv_set if annotations.suffix == ".tsv" else read_json_set
    all_of_it = read(annotations, images, category=data.category)
    rest = len(all_of_it.expressions) - data.held_out
    if rest <= 0:
        raise SetError(
            f"{annotations} has {len(all_of_it.expressions)} expressions that can be used "
            f"({all_of_it.left_out} are left out) and data.held_out is {data.held_out}: nothing "
            "is left to learn from"
        )
    return Split(
        replace(all_of_it, expressions=all_of_it.expressions[:rest]),
        replace(all_of_it, expressions=all_of_it.expressions[rest:], left_out=0),
    )
