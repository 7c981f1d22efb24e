"""Measure a model pair on held-out tabletops, from pixels to decision.

`python -m rex_thinker_ros.training.evaluate --help`
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
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
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import PixelBounds, hint_boxes, smart_resize
from rex_thinker_ros.referring.referrer import Observer, Referral, Referrer
from rex_thinker_ros.training.asking import ask, ask_for_absent
from rex_thinker_ros.training.evaluation_table import AGREEMENT, ORDER, Detections, Row, table
from rex_thinker_ros.training.examples import BOUNDS, resize_objects
from rex_thinker_ros.training.questions import Question, UnclearError
from rex_thinker_ros.training.store import HELD_OUT_SEED, StoredScene, read_worlds
from rex_thinker_ros.training.vocabulary import CATEGORIES

ABSENT_CATEGORY = 0.05  # share of questions about something that is not on the table at all
NOTHING = (Outcome.NO_CANDIDATES, Outcome.NO_MATCH)


def draw(scene: StoredScene, number: int) -> Question:
    """Draw the scene's question; boxes in resized pixels, the same for every model."""
    rng = np.random.default_rng(HELD_OUT_SEED + number)
    seen = resize_objects(scene.objects, scene.size)
    if rng.random() < ABSENT_CATEGORY:
        return ask_for_absent(seen, rng)
    while True:
        try:
            return ask(seen, smart_resize(scene.size, BOUNDS), rng)
        except UnclearError:
            continue


def expectation(question: Question, scene: StoredScene) -> tuple[Outcome, list[Box]]:
    """Return what the scene dictates, with boxes in full-image pixels."""
    if not question.targets:
        return Outcome.NO_MATCH, []
    if len(question.targets) > 1 and not question.wants_all:
        return Outcome.AMBIGUOUS, []
    seen = resize_objects(scene.objects, scene.size)
    places = {item.box: o.box for item, o in zip(seen, scene.objects, strict=True)}
    return Outcome.FOUND, [places[question.candidates[i].box] for i in question.targets]


def same_boxes(boxes: Sequence[Box], truth: Sequence[Box]) -> bool:
    """Tell whether the boxes are those of the truth, one to one at IoU 0.5."""
    return len(boxes) == len(truth) and None not in snap(boxes, truth)


def ask_all(
    scenes: Sequence[tuple[int, StoredScene]], profile: Profile, device: str
) -> tuple[list[Row], Detections]:
    """Put each scene's question to the real pipeline, and each category to the detector."""
    detector, reasoner = load_models(profile, device=device)
    referrer, parser = Referrer(detector, reasoner), CommandParser()
    rows, detections = [], Detections()
    for number, scene in scenes:
        question = draw(scene, number)
        command = parser.parse(f"Pick up the {question.expression}, please.")
        image = scene.image()
        referral = referrer.refer(image, command, Observer(), CancelToken())
        expected, boxes = expectation(question, scene)
        decision = referral.decision
        check, refused = "", ""
        if decision.outcome is Outcome.CONTRADICTION:
            check, loose = _unchecked(referral, Size(*image.shape[1::-1]), reasoner.bounds)
            refused = "right" if _is_right(loose, expected, boxes) else "wrong"
        right = _is_right(decision, expected, boxes)
        rows.append(Row(
            number, question.kind, command.sentence, expected.name, decision.outcome.name, right,
            check, refused, decision.confidence, decision.answer_boxes, decision.exact_copies,
            referral.detection_seconds + referral.reasoning_seconds, referral.reasoning,
        ))  # fmt: skip
        _count(detector, scene, image, detections)
    return rows, detections


def _is_right(decision: Decision, expected: Outcome, boxes: Sequence[Box]) -> bool:
    if expected is Outcome.NO_MATCH:
        return decision.outcome in NOTHING
    return decision.outcome is expected and same_boxes(decision.boxes, boxes)


def _unchecked(referral: Referral, image: Size, bounds: PixelBounds) -> tuple[str, Decision]:
    """Return which check refused a complete answer, and the decision without that check."""
    resized = smart_resize(image, bounds)
    answer = parse_answer(referral.reasoning, complete=True, resized=resized)
    candidates = referral.decision.candidates
    decision = decide(
        referral.command, candidates, answer, image_size=image, resized=resized,
        verify_order=False,
    )  # fmt: skip
    if decision.outcome is Outcome.FOUND:
        return ORDER, decision
    # marks, answer and candidates disagree: take the answer for it
    hints = [Box(*map(float, hint)) for hint in hint_boxes(candidates, image, resized)]
    chosen = snap(tuple(dict.fromkeys(answer.boxes)), hints)
    boxes = tuple(candidates[index].box for index in chosen if index is not None)
    return AGREEMENT, Decision(Outcome.FOUND if chosen else Outcome.NO_MATCH, "", boxes)


def _count(
    detector: Detector, scene: StoredScene, image: np.ndarray, detections: Detections
) -> None:
    for category in CATEGORIES:
        truth = [o.box for o in scene.objects if o.category == category]
        found = [c.box for c in detector.detect(image, category)]
        detections.found += len(found)
        detections.true += len(truth)
        detections.matched += sum(index is not None for index in snap(found, truth))


def evaluate(
    scenes: Iterable[StoredScene], profile: Profile, device: str, processes: int
) -> tuple[list[Row], Detections]:
    """Evaluate with several processes, each with models of its own."""
    numbered = list(enumerate(scenes))
    parts = [numbered[i : i + 25] for i in range(0, len(numbered), 25)]
    total = Detections()
    rows: list[Row] = []
    work = partial(ask_all, profile=profile, device=device)
    with ProcessPoolExecutor(processes, initializer=_one_thread) as pool:
        for part_rows, part in track(pool.map(work, parts), "Evaluating", len(parts)):
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
    parser.add_argument("--limit", type=int, default=1000, help="scenes at most")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rows", type=Path, help="JSON lines file for every answer")
    return parser.parse_args()


def _run(args: argparse.Namespace) -> int:
    scenes = [scene for world in read_worlds(args.scenes) for scene in world][: args.limit]
    rows, detections = evaluate(scenes, chosen_profile(args), args.device, args.processes)
    print(table(rows, detections))
    if args.rows:
        args.rows.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
