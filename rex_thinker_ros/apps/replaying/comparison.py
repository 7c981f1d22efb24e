"""Two replays of the same commands side by side: what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from rex_thinker_ros.apps.evaluation.json_lines import box_of, read_records
from rex_thinker_ros.apps.families import family
from rex_thinker_ros.apps.telling import STYLES
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.decision import same_boxes

Key = tuple[float, str, str]


@dataclass(frozen=True)
class Ended:
    """How a command ended in one of the runs; boxes in full-image pixels."""

    status: str
    boxes: tuple[Box, ...]

    def is_like(self, other: Ended) -> bool:
        """Tell whether both name the same outcome and, up to small differences, the same boxes."""
        return self.status == other.status and same_boxes(self.boxes, other.boxes)


@dataclass(frozen=True)
class Change:
    """A command that ended otherwise; None where a run does not have it."""

    at: float
    say: str
    before: Ended | None
    after: Ended | None


def read_run(path: Path) -> dict[Key, Ended]:
    """Read the lines that a replay wrote, by time, sentence and camera.

    Raises:
        SetError: they are no lines of a replay.
    """
    return dict(read_records(path, _ended))


def _ended(values: dict[str, Any]) -> tuple[Key, Ended]:
    key = float(values["at"]), str(values["say"]), str(values["camera"])
    boxes = tuple(map(box_of, values["boxes"]))
    return key, Ended(str(values["status"]), boxes)


def changes(before: Mapping[Key, Ended], after: Mapping[Key, Ended]) -> list[Change]:
    """Return the commands that ended otherwise, in the order of their times."""
    found = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old is None or new is None or not old.is_like(new):
            found.append(Change(key[0], key[1], old, new))
    return found


def comparison_table(changed: Sequence[Change], names: tuple[str, str]) -> Table:
    """Return a table for rich to print; `names` are those of the runs."""
    table = Table("at", "command", *names)
    table.columns[0].justify = "right"
    for change in changed:
        table.add_row(f"{change.at:g} s", change.say, _text(change.before), _text(change.after))
    return table


def _text(ended: Ended | None) -> str:
    if ended is None:
        return "not in this run"
    boxes = " ".join("({:.0f}, {:.0f}, {:.0f}, {:.0f})".format(*b.as_tuple()) for b in ended.boxes)
    return f"[{STYLES[family(ended.status)]}]{ended.status}[/] {boxes}"
