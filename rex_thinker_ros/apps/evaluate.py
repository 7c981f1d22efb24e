"""HumanRef's evaluation: `python -m rex_thinker_ros.apps.evaluate --help`. Needs no ROS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from rex_thinker_ros.apps.command_line import add_model_options, chosen_profile, run
from rex_thinker_ros.apps.evaluation import tables
from rex_thinker_ros.apps.evaluation.humanref import read_expressions, read_predictions
from rex_thinker_ros.apps.evaluation.json_lines import SetError
from rex_thinker_ros.apps.evaluation.prediction import predict_all
from rex_thinker_ros.apps.evaluation.summary import evaluate
from rex_thinker_ros.apps.telling import Telling


def main(arguments: Sequence[str] | None = None) -> int:
    """Make or score predictions; return 0 unless that was impossible."""
    options = _options(arguments)
    return run(partial(options.command, options), Telling(sys.stderr).error)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="evaluate",
        description="Measure models on a referring set in HumanRef's format.",
        epilog="A set is one JSON object a line: id, image_name, domain, sub_domain, referring, "
        "answer_boxes, candidate_boxes. Boxes are [x0, y0, x1, y1] in pixels of the image.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    predict = commands.add_parser("run", help="make predictions; goes on where it was interrupted")
    predict.set_defaults(command=_run)
    predict.add_argument("set", type=Path, help="the referring set")
    predict.add_argument("images", type=Path, help="folder of its images")
    predict.add_argument("predictions", type=Path, help="file to write, or to go on with")
    add_model_options(predict)
    predict.add_argument(
        "--category", help="what all expressions are about; else each one's own noun is taken"
    )
    predict.add_argument(
        "--detect", action="store_true",
        help="find candidates with the model's detector, not those of the set",
    )  # fmt: skip
    score = commands.add_parser("score", help="score predictions, one file or several")
    score.set_defaults(command=_score)
    score.add_argument("set", type=Path, help="the referring set")
    score.add_argument("predictions", type=Path, nargs="+", help="named by their file names")
    score.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables")
    score.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    score.add_argument("--plot", type=Path, metavar="FILE", help="draw them (.png, .svg, .pdf)")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    predict_all(
        read_expressions(options.set), options.images, options.predictions,
        profile=chosen_profile(options), device=options.device, category=options.category,
        detect=options.detect, say=Telling(sys.stderr).step,
    )  # fmt: skip
    return 0


def _score(options: argparse.Namespace) -> int:
    expressions = read_expressions(options.set)
    files = {path.stem: path for path in options.predictions}
    if len(files) < len(options.predictions):
        raise SetError("several prediction files have the same name")
    evaluations = {
        name: evaluate(expressions, read_predictions(path)) for name, path in files.items()
    }
    console = Console()
    for name, evaluation in evaluations.items():
        console.print(tables.terminal_table(name, evaluation))
    if options.markdown:
        options.markdown.write_text(tables.markdown(evaluations), encoding="utf-8")
    if options.json:
        options.json.write_text(tables.to_json(evaluations), encoding="utf-8")
    if options.plot:
        tables.plot(evaluations, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
