"""Pick points and another detector's candidates, replayed in this process."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from bags import TOPIC
from depth_bags import CANDIDATES, CANDIDATES_LATE, DEPTH, INFO, write_depth_bag
from table import BOTTLES, MUGS

from rex_thinker_ros.answering.answering import Models
from rex_thinker_ros.answering.settings import Settings
from rex_thinker_ros.apps.replaying.answer import Answer, answer_of
from rex_thinker_ros.apps.replaying.bag import Bag
from rex_thinker_ros.apps.replaying.judging import faults
from rex_thinker_ros.apps.replaying.script import (
    CameraTopics,
    Cue,
    Expectation,
    ExpectedPoint,
    Script,
)
from rex_thinker_ros.apps.replaying.session import Stage, replay
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.referring.command import CommandParser
from rex_thinker_ros.referring.outcome import Outcome

MUG = MUGS["orange"]
WITH_DEPTH = CameraTopics(TOPIC, depth=DEPTH, camera_info=INFO)
WITH_CANDIDATES = CameraTopics(TOPIC, candidates=CANDIDATES)


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bags") / "bag"
    return write_depth_bag(folder, (0.0, 1.0, 2.0), (MUG, BOTTLES["white"]))


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(CommandParser(), *load_models(load_profile("demo"), device="cpu"))


def answer(bag: Path, models: Models, topics: CameraTopics, at: float, **settings: Any) -> Answer:
    script = Script({"": topics}, (Cue(at, "the orange mug"),), Settings(**settings))
    with Bag(bag) as opened:
        stage = Stage(opened, script, logging.getLogger(__name__))
        (one,) = replay(stage, script, models)
    return answer_of(one.result)


@pytest.mark.parametrize("at", [1.0, 1.01, 1.5], ids=["its depth is on its way", "so too", "there"])
def test_what_is_found_has_its_point(bag: Path, models: Models, at: float) -> None:
    found = answer(bag, models, WITH_DEPTH, at)
    ((number, point),) = found.pick_points
    assert found.candidates[number - 1].box == found.boxes[0]
    assert point.z == pytest.approx(0.8, abs=0.005)


def test_depth_of_another_time_gives_no_point(bag: Path, models: Models) -> None:
    late = answer(bag, models, WITH_DEPTH, 1.5, depth_tolerance=0.0)
    assert late.pick_points  # the stamps are equal
    without = answer(bag, models, CameraTopics(TOPIC), 1.5)
    assert (without.outcome, without.pick_points) == (Outcome.FOUND, ())


@pytest.mark.parametrize(
    ("xyz", "within", "clause"),
    [
        ((-0.28, 0.16, 0.8), 0.05, ""),
        ((-0.28, 0.16, 1.0), 0.05, "the nearest is 0.2"),
    ],
)
def test_points_are_expected(
    bag: Path, models: Models, xyz: tuple[float, float, float], within: float, clause: str
) -> None:
    found = answer(bag, models, WITH_DEPTH, 1.5)
    expect = Expectation(point=ExpectedPoint(xyz, within))
    told = faults(expect, found)
    assert bool(told) == bool(clause)
    assert all(clause in one for one in told)
    missing = faults(expect, answer(bag, models, CameraTopics(TOPIC), 1.5))
    assert "there is none" in missing[0]


def test_candidates_of_the_image_are_waited_for(bag: Path, models: Models) -> None:
    found = answer(bag, models, WITH_CANDIDATES, 1.0)
    assert found.outcome is Outcome.FOUND, found.status_text
    assert found.boxes == (MUG,)
    assert len(found.candidates) == 2
    assert found.image_age == pytest.approx(CANDIDATES_LATE, abs=0.02)


def test_candidates_that_come_too_late_are_none(bag: Path, models: Models) -> None:
    late = answer(bag, models, WITH_CANDIDATES, 1.0, image_timeout=0.1)
    assert late.outcome is Outcome.NO_CANDIDATES
