"""Refer in image files: `python -m rex_thinker_ros.apps.refer_image --help`. Needs no ROS."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rex_thinker_ros.apps.command_line import add_model_options, chosen_profile, run
from rex_thinker_ros.apps.image_files import ImageFileError, find_images, read_image
from rex_thinker_ros.apps.pictures import write_picture
from rex_thinker_ros.apps.records import candidate_records
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.memory.taken import peak_text
from rex_thinker_ros.referring.annotation import annotate
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.command import CommandParser, InvalidCommandError
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer
from rex_thinker_ros.user_error import UserError

_GAP = 8  # pixels between the two pictures


class _Watcher(Observer):
    """Print the reasoning as it grows."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._text = ""

    def on_candidates(self, candidates: Sequence[Candidate]) -> None:
        self._text = ""

    def on_text(self, piece: str) -> None:
        self._text += piece
        self._telling.reasoning(self._text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Refer in every image; return 0 if each came to a decision, whatever it is."""
    options = _options(arguments)
    telling = Telling(sys.stderr if options.json else None)
    return run(partial(_run, options, telling), telling.error)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="refer_image",
        description="Find what an expression means in images, and show the reasoning.",
        epilog="Exit code 0: each image came to a decision, also to an abstention.",
    )
    add = parser.add_argument
    add("--image", nargs="+", type=Path, required=True, metavar="PATH", help="files or folders")
    add("--expression", required=True, help='such as "the second red mug from the left"')
    add("--category", help="what to detect, where it is not the expression's noun")
    add_model_options(parser)
    add("--vis", type=Path, metavar="PATH", help="picture to write; a folder for several images")
    add("--json", action="store_true", help="print one line of JSON for each image, nothing else")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, telling: Telling) -> int:
    images = find_images(options.image)
    try:
        command = CommandParser().parse(options.expression, options.category)
    except InvalidCommandError as error:
        raise UserError(str(error)) from error
    telling.step(f"Loading {options.model}")
    referrer = Referrer(
        *load_models(chosen_profile(options), device=options.device, say=telling.step)
    )
    failed = 0
    for number, path in enumerate(images, 1):
        telling.begin(f"{number}/{len(images)}", f"{path}: {command.expression}")
        try:
            image = read_image(path)
        except ImageFileError as error:  # the others may be good
            telling.error(str(error))
            failed += 1
            continue
        referral = referrer.refer(image, command, _Watcher(telling), CancelToken())
        decision = referral.decision
        seconds = referral.detection_seconds + referral.reasoning_seconds
        telling.outcome(decision.outcome.name, decision.status_text, decision.boxes, seconds)
        failed += decision.outcome is Outcome.MODEL_ERROR
        if options.json:
            print(json.dumps(_record(path, referral), ensure_ascii=False), flush=True)
        if options.vis:
            target = _picture_path(options.vis, path, number if len(images) > 1 else None)
            write_picture(target, side_by_side(image, referral))
            telling.step(f"Wrote {target}")
    telling.step(f"Took {peak_text()} at the most")
    return int(failed > 0)


def _record(path: Path, referral: Referral) -> dict[str, Any]:
    """Return one image's line: boxes as [x0, y0, x1, y1] in pixels of the upright image."""
    command, decision = referral.command, referral.decision
    return {
        "image": str(path),
        "expression": command.expression,
        "category": command.category,
        "status": decision.outcome.name,
        "status_text": decision.status_text,
        "boxes": [box.as_tuple() for box in decision.boxes],
        "candidates": candidate_records(decision.candidates),
        "reasoning": referral.reasoning,
        "confidence": decision.confidence,
        "model": referral.model,
        "detection_seconds": round(referral.detection_seconds, 3),
        "reasoning_seconds": round(referral.reasoning_seconds, 3),
    }


def side_by_side(image: RgbImage, referral: Referral) -> RgbImage:
    """Return the candidates as they were found, and beside them what became of each."""
    decision = referral.decision
    found = [replace(candidate, verdict=Verdict.UNKNOWN) for candidate in decision.candidates]
    gap = np.full((image.shape[0], _GAP, 3), 255, np.uint8)
    judged = annotate(image, decision.candidates, decision.boxes)
    return np.hstack([annotate(image, found, ()), gap, judged])


def _picture_path(vis: Path, image: Path, number: int | None) -> Path:
    """Return where a picture goes; `number` is that of one among several images."""
    if number is None:
        return vis / f"{image.stem}.jpg" if vis.is_dir() else vis
    vis.mkdir(parents=True, exist_ok=True)
    return vis / f"{number:03d}-{image.stem}.jpg"


if __name__ == "__main__":
    sys.exit(main())
