"""Predictions of a pair of models for a referring set."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.progress import Progress

from rex_thinker_ros.apps.evaluation.humanref import Expression, read_predictions
from rex_thinker_ros.apps.evaluation.json_lines import SetError
from rex_thinker_ros.apps.image_files import read_image
from rex_thinker_ros.models.external import ExternalBoxError, ExternalDetector
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.command import Command, CommandParser, InvalidCommandError
from rex_thinker_ros.referring.detector import Detector
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.reasoner import Reasoner
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer


def predict_all(
    expressions: Sequence[Expression], images: Path, predictions: Path, *,
    profile: Profile, device: str, category: str | None, detect: bool,
    say: Callable[[str], object],
) -> None:  # fmt: skip
    """Append a line for every expression that the prediction file lacks, with a progress bar.

    Every box that matches is asked for. Whatever does not end as FOUND predicts no box; status
    and reasoning are kept beside. `say` hears how much memory the models need.

    Raises:
        SetError: the prediction file is malformed, or an expression cannot be asked.
        ImageFileError: an image cannot be read.
    """
    done = _made_before(predictions) if predictions.exists() else {}
    rest = [expression for expression in expressions if expression.id not in done]
    commands = _commands(rest, category)
    models = load_models(profile, device=device, say=say)
    with Progress() as progress, predictions.open("a", encoding="utf-8") as lines:
        task = progress.add_task(profile.name, total=len(expressions), completed=len(done))
        for expression, command in zip(rest, commands, strict=True):
            referral = _refer(expression, command, images, *models, detect=detect)
            lines.write(json.dumps(_line(expression, referral), ensure_ascii=False) + "\n")
            lines.flush()
            progress.advance(task)


def _made_before(predictions: Path) -> dict[str, tuple[Box, ...]]:
    """Return what the file holds, without a last line that was cut off."""
    whole, newline, rest = predictions.read_bytes().rpartition(b"\n")
    if rest:
        predictions.write_bytes(whole + newline)
    return read_predictions(predictions)


def _commands(expressions: Sequence[Expression], category: str | None) -> list[Command]:
    """Return what to ask; all of it is understood before the models take their time."""
    parser = CommandParser()
    commands = []
    for expression in expressions:
        try:
            noun = category or parser.parse(expression.referring).category
        except InvalidCommandError as error:
            raise SetError(f"id {expression.id}: {error} Or pass --category.") from error
        commands.append(Command(expression.referring, expression.referring, noun, wants_all=True))
    return commands


def _refer(
    expression: Expression, command: Command, images: Path,
    detector: Detector, reasoner: Reasoner, *, detect: bool,
) -> Referral:  # fmt: skip
    image = read_image(images / expression.image_name)
    if not detect:
        try:
            size = Size(image.shape[1], image.shape[0])
            detector = ExternalDetector(expression.candidate_boxes, size)
        except ExternalBoxError as error:
            raise SetError(f"id {expression.id}: {error}") from error
    return Referrer(detector, reasoner).refer(image, command, Observer(), CancelToken())


def _line(expression: Expression, referral: Referral) -> dict[str, object]:
    return {
        "id": expression.id,
        "extracted_predictions": [box.as_tuple() for box in referral.decision.boxes],
        "status": referral.decision.outcome.name,
        "reasoning": referral.reasoning,
    }
