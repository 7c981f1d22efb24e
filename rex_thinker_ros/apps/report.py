"""The results as one page to look at, without anything from outside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rex_thinker_ros.apps.entry import Entry
from rex_thinker_ros.apps.families import family
from rex_thinker_ros.apps.summary import summarize

_TEMPLATES = Path(__file__).parent / "templates"


def write_report(path: Path, entries: Sequence[Entry], *, model: str) -> None:
    """Write an HTML page of all results; `model` names the profile."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["family"] = family
    template = environment.get_template("report.html")
    page = template.render(entries=entries, summary=summarize(entries), model=model)
    path.write_text(page, encoding="utf-8")
