"""Measure a model pair on held-out tabletops, from pixels to decision.

`python -m rex_thinker_ros.training.evaluate --help`
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from rex_thinker_ros.apps.command_line import add_model_options, chosen_profile, run
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.referring.answer import parse_answer
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.command import CommandParser
from rex_thinker_ros.referring.decision import Decision, decide, snap
from rex_thinker_ros.referring.detector import Detector
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import PixelBounds, hint_boxes, smart_resize
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer
from rex_thinker_ros.training.disturbances import DISTURBANCES
from rex_thinker_ros.training.evaluation_table import (
    AGREEMENT,
    ORDER,
    READINGS,
    Detections,
    Row,
    table,
)
from rex_thinker_ros.training.held_out import draw, expectation, is_right
from rex_thinker_ros.training.robustness import robustness_head, robustness_line
from rex_thinker_ros.training.store import StoredScene, read_worlds
from rex_thinker_ros.training.vocabulary import CATEGORIES

TELL = Console(stderr=True)


def ask_all(
    scenes: Sequence[tuple[int, StoredScene]], profile: Profile, device: str, disturbance: str
) -> tuple[list[Row], Detections]:
    """Put each scene's question to the real pipeline, and each category to the detector.

    The models see the image disturbed; the question is the one about the scene as it was rendered.
    """
    detector, reasoner = load_models(profile, device=device)
    referrer, parser = Referrer(detector, reasoner), CommandParser()
    rows, detections = [], Detections()
    for number, scene in scenes:
        question = draw(scene, number)
        command = parser.parse(f"Pick up the {question.expression}, please.")
        image = DISTURBANCES[disturbance].apply(scene.image(), np.random.default_rng(number))
        size = Size(*image.shape[1::-1])
        referral = referrer.refer(image, command, Observer(), CancelToken())
        expected, places = expectation(question, scene)
        boxes = [box.scaled(scene.size, size) for box in places]
        decision = referral.decision
        check, refused = "", ""
        if decision.outcome is Outcome.CONTRADICTION:
            check, loose = _unchecked(referral, size, reasoner.bounds)
            refused = "right" if is_right(loose, expected, boxes) else "wrong"
        right = is_right(decision, expected, boxes)
        rows.append(Row(
            number, question.kind, command.sentence, expected.name, decision.outcome.name, right,
            check, refused, decision.confidence, decision.answer_boxes, decision.exact_copies,
            referral.detection_seconds + referral.reasoning_seconds, referral.reasoning,
        ))  # fmt: skip
        _count(detector, scene, image, detections)
    return rows, detections


def _unchecked(referral: Referral, image: Size, bounds: PixelBounds) -> tuple[str, Decision]:
    """Return which check refused a complete answer, and the decision without that check."""
    first = referral.readings[0].decision
    if first.outcome is not Outcome.CONTRADICTION:
        return READINGS, first
    resized = smart_resize(image, bounds)
    answer = parse_answer(referral.reasoning, complete=True, resized=resized)
    candidates = referral.decision.candidates
    decision = decide(
        referral.command, candidates, answer, image_size=image, resized=resized,
        verify_order=False,
    )  # fmt: skip
    if decision.outcome is not Outcome.CONTRADICTION:
        return ORDER, decision
    # marks, answer and candidates disagree: take the answer for it
    hints = [Box(*map(float, hint)) for hint in hint_boxes(candidates, image, resized)]
    chosen = snap(tuple(dict.fromkeys(answer.boxes)), hints)
    boxes = tuple(candidates[index].box for index in chosen if index is not None)
    return AGREEMENT, Decision(Outcome.FOUND if chosen else Outcome.NO_MATCH, "", boxes)


def _count(
    detector: Detector, scene: StoredScene, image: np.ndarray, detections: Detections
) -> None:
    size = Size(*image.shape[1::-1])
    for category in CATEGORIES:
        truth = [o.box.scaled(scene.size, size) for o in scene.objects if o.category == category]
        found = [c.box for c in detector.detect(image, category)]
        detections.found += len(found)
        detections.true += len(truth)
        detections.matched += sum(index is not None for index in snap(found, truth))


def evaluate(
    scenes: Sequence[tuple[int, StoredScene]], profile: Profile, device: str, processes: int,
    disturbance: str = "none",
) -> tuple[list[Row], Detections]:  # fmt: skip
    """Evaluate numbered scenes with several processes, each with models of its own."""
    parts = [scenes[i : i + 25] for i in range(0, len(scenes), 25)]
    total = Detections()
    rows: list[Row] = []
    work = partial(ask_all, profile=profile, device=device, disturbance=disturbance)
    with ProcessPoolExecutor(processes, initializer=_one_thread) as pool:
        done = pool.map(work, parts)
        for part_rows, part in track(done, f"Evaluating: {disturbance}", len(parts), console=TELL):
            rows += part_rows
            total.found += part.found
            total.matched += part.matched
            total.true += part.true
    return rows, total


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def main() -> int:
    """Print the table; write every row as a line of JSON where asked."""
    return run(partial(_run, _options()), Telling(sys.stderr).error)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of held-out worlds")
    add_model_options(parser)
    parser.set_defaults(model="demo")
    parser.add_argument("--limit", type=int, default=1000, help="scenes at most, of all worlds")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--disturb", action="append", choices=[*DISTURBANCES, "all"], metavar="NAME",
        help=f"a line with the images disturbed: all, or {', '.join(DISTURBANCES)}; repeatable",
    )  # fmt: skip
    parser.add_argument("--rows", type=Path, help="JSON lines file for every answer")
    return parser.parse_args()


def _run(args: argparse.Namespace) -> int:
    numbered = list(enumerate(scene for world in read_worlds(args.scenes) for scene in world))
    scenes = numbered[:: max(1, len(numbered) // args.limit)][: args.limit]
    asked = args.disturb or ["none"]
    names = list(DISTURBANCES) if "all" in asked else asked
    profile = chosen_profile(args)
    if args.disturb:
        print(robustness_head(len(scenes)), flush=True)
    written = []
    for name in names:
        rows, detections = evaluate(scenes, profile, args.device, args.processes, name)
        line = robustness_line(name, rows, detections)
        print(line if args.disturb else table(rows, detections), flush=True)
        written += [asdict(row) | {"disturbance": name} for row in rows]
    if args.rows:
        args.rows.write_text("".join(json.dumps(row) + "\n" for row in written))
    return 0


if __name__ == "__main__":
    sys.exit(main())
