"""Views as HTML; nothing in them is trusted, the model's text least of all."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rex_thinker_ros.apps.families import family
from rex_thinker_ros.apps.page.view import View
from rex_thinker_ros.referring.candidate import Verdict

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["family"] = family
_WORDS = {
    Verdict.UNKNOWN: "not judged",
    Verdict.MATCH: "match",
    Verdict.NO_MATCH: "no match",
    Verdict.UNSURE: "unsure",
}


def render_picture(view: View) -> str:
    """Return the image with its candidates, numbered and coloured by verdict, and the chosen."""
    template = _ENVIRONMENT.get_template("picture.html")
    boxes = view.decision.boxes if view.decision else ()
    return template.render(picture=view.picture, candidates=view.judged(), chosen=boxes)


def render_result(view: View) -> str:
    """Return what is done or was decided, a chip for each candidate, and the times."""
    template = _ENVIRONMENT.get_template("result.html")
    return template.render(view=view, candidates=view.judged(), words=_WORDS)


def render_reasoning(view: View) -> str:
    """Return the lines of the reasoning, each with the candidates that it is about."""
    return _ENVIRONMENT.get_template("reasoning.html").render(lines=view.lines())
