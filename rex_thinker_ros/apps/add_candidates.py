"""Add candidates to a referring set: `python -m rex_thinker_ros.apps.add_candidates --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track

from rex_thinker_ros.apps.command_line import add_model_options, chosen_profile, run
from rex_thinker_ros.apps.evaluation.annotations import (
    Annotation,
    read_annotations,
    write_annotations,
)
from rex_thinker_ros.apps.image_files import read_image
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.referring.detector import Detector

SAME_IOU = 0.5
"""A candidate that overlaps the answer so much is the answer's."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the set with candidates; return 0 unless that was impossible."""
    options = _options(arguments)
    return run(partial(_run, options), Telling(sys.stderr).error)


def _run(options: argparse.Namespace) -> int:
    console = Console(stderr=True)
    annotations = read_annotations(options.set)
    profile, say = chosen_profile(options), Telling(sys.stderr).step
    detector, _ = load_models(profile, device=options.device, say=say)
    done = list(_with_candidates(annotations, options.images, detector, console))
    write_annotations(options.output, done)
    missed = sum(annotation.answer in annotation.candidates for annotation in done)
    console.print(
        f"Wrote {len(done)} expressions to {options.output}. Nothing was found at the answers of "
        f"{missed} of them: these were added to their candidates.",
        markup=False,
    )
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="add_candidates",
        description="Find the candidates of a referring set with a model's detector.",
        epilog="A set is one JSON object a line: image_name, ans (the box [x0, y0, x1, y1] that is "
        "meant), category, referring. Written is the same with candidate_boxes.",
    )
    parser.add_argument("set", type=Path, help="the referring set")
    parser.add_argument("images", type=Path, help="folder of its images")
    parser.add_argument("output", type=Path, help="file to write")
    add_model_options(parser)
    return parser.parse_args(arguments)


def _with_candidates(
    annotations: Sequence[Annotation], images: Path, detector: Detector, console: Console
) -> Iterator[Annotation]:
    """Yield annotations with what the detector finds; the answer is always among it."""
    for annotation in track(annotations, "Detecting", console=console):
        image = read_image(images / annotation.image_name)
        boxes = [candidate.box for candidate in detector.detect(image, annotation.category)]
        if all(box.iou(annotation.answer) < SAME_IOU for box in boxes):
            boxes.append(annotation.answer)
        yield replace(annotation, candidates=tuple(boxes))


if __name__ == "__main__":
    sys.exit(main())
