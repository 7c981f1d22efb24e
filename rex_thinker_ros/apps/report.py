"""The results as one page to look at, without anything from outside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import cv2
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rex_thinker_ros.apps.results import Result
from rex_thinker_ros.apps.summary import family, summarize
from rex_thinker_ros.referring.detector import RgbImage

_TEMPLATES = Path(__file__).parent / "templates"
_JPEG_QUALITY = 88


def write_report(path: Path, results: Sequence[Result], *, model: str) -> None:
    """Write an HTML page of all results, their frames embedded; `model` names the profile."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["family"] = family
    environment.filters["jpeg_url"] = jpeg_url
    template = environment.get_template("report.html")
    page = template.render(results=results, summary=summarize(results), model=model)
    path.write_text(page, encoding="utf-8")


def write_picture(path: Path, image: RgbImage) -> None:
    """Write an image (H, W, 3) uint8 RGB; the suffix of `path` chooses the format.

    Raises:
        OSError: the file cannot be written.
    """
    if not cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR)):
        raise OSError(f"{path} cannot be written")


def jpeg_url(image: RgbImage) -> str:
    """Return an image (H, W, 3) uint8 RGB as a data URL."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
