"""The action `refer` with the embedded models: goals that bring along what others leave out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import pytest
from goals import Goals
from node_process import next_domain, running_node
from pictures import rgb_message
from PIL import Image as Picture
from rex_thinker_ros.action import Refer
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected
from sensor_msgs.msg import Image, RegionOfInterest
from table import BOTTLES, MUGS, TABLE

from rex_thinker_ros.referring.decision_record import rgb_sha256
from rex_thinker_ros.referring.log_reader import LoggedDecision, read_log
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.messages import region

DOMAIN = next_domain()
COMMAND = "pick up the orange mug"
BOTTLE, MUG = region(BOTTLES["white"]), region(MUGS["orange"])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("decisions")


@pytest.fixture(scope="module")
def client(log: Path) -> Iterator[Client]:
    parameters = {"model": "demo", "max_image_age": 0.0, "log_dir": log}
    with running_node(DOMAIN, parameters), connected(DOMAIN) as client:
        yield client


@pytest.fixture(scope="module")
def goals(client: Client) -> Iterator[Goals]:
    goals = Goals(client)
    yield goals
    goals.close()


def message() -> Image:
    image = rgb_message(TABLE)
    image.header.stamp.sec = 7  # as old as its sender likes
    return image


def test_a_goal_with_its_image_is_found_in_it(client: Client, goals: Goals) -> None:
    goal = goals.send(COMMAND, image=message())
    state, referral = goal.result()
    assert (state, referral.status) == ("succeeded", Referral.FOUND), referral.status_text
    (box,) = referral.boxes
    assert abs(box.x_offset - MUG.x_offset) < 10
    assert referral.header == message().header
    assert client.wait(lambda: client.results(COMMAND)) == [referral]


def test_feedback_follows_the_work(goals: Goals) -> None:
    goal = goals.send(COMMAND, image=message())
    _, referral = goal.result()
    stages = [feedback.stage for feedback in goal.feedback]
    passed = [stage for stage, _ in groupby(stages)]
    reading = {Refer.Feedback.REASONING, Refer.Feedback.DECIDING}
    assert passed[:2] == sorted(passed[:2])
    assert Refer.Feedback.DETECTING in passed[:2]
    assert set(passed[2:]) <= reading, "what was found is read and decided once more"
    assert Refer.Feedback.REASONING in passed
    texts = [feedback.reasoning for feedback in goal.feedback]
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert referral.reasoning.startswith(texts[-1])
    assert len(goal.feedback[-1].candidates) == len(referral.candidates)


def test_boxes_of_the_sender_take_the_place_of_the_detectors(goals: Goals) -> None:
    boxes = [MUG, BOTTLE]
    state, referral = goals.ask(
        "hand me the orange thing", category="mug", image=message(), candidates=boxes
    )
    assert [candidate.box for candidate in referral.candidates] == boxes
    assert (state, referral.status) == ("succeeded", Referral.FOUND), referral.status_text
    assert referral.boxes == [MUG]


def test_a_category_of_the_sender_is_what_is_detected(goals: Goals) -> None:
    _, referral = goals.ask("the white one", category="bottle", image=message())
    assert referral.category == "bottle"
    assert referral.status == Referral.FOUND


OUTSIDE = RegionOfInterest(x_offset=5000, y_offset=0, width=9, height=9)


@pytest.mark.parametrize(
    ("command", "fields", "status", "words"),
    [
        pytest.param(
            "grab the yellow block", {}, Referral.NO_MATCH, "none is the", id="nothing fits"
        ),
        pytest.param("go home", {}, Referral.INVALID_COMMAND, "", id="no object"),
        pytest.param(
            COMMAND, {"camera": "left"}, Referral.INVALID_COMMAND, "no camera 'left'",
            id="no such camera",
        ),
        pytest.param(
            COMMAND, {"candidates": [MUG, OUTSIDE]}, Referral.INVALID_COMMAND,
            "Candidate 2 covers no pixel", id="a box outside of the image",
        ),
        pytest.param(
            COMMAND, {"image": Image(height=4, width=4, encoding="rgb8", step=12, data=[1])},
            Referral.NO_IMAGE, "malformed", id="a malformed image",
        ),
    ],
)  # fmt: skip
def test_what_is_not_found_is_aborted_and_says_why(
    goals: Goals, command: str, fields: dict[str, object], status: int, words: str
) -> None:
    state, referral = goals.ask(command, **{"image": message(), **fields})
    assert (state, referral.status) == ("aborted", status), referral.status_text
    assert words in referral.status_text
    assert not referral.boxes


def test_without_an_image_the_cameras_is_taken(client: Client, goals: Goals) -> None:
    client.wait_for_camera()
    client.show(rgb_message(TABLE))
    assert goals.ask(COMMAND)[0] == "succeeded"


def test_the_log_has_what_was_decided_and_on_what(client: Client, goals: Goals, log: Path) -> None:
    _, referral = goals.ask(COMMAND, image=message())

    def logged() -> LoggedDecision | None:
        entries = read_log(log, lambda text: None)
        return next((entry for entry in entries if entry.record.id == referral.id), None)

    entry = client.wait(logged)
    assert entry.record.status is Outcome.FOUND
    assert entry.record.sentence == COMMAND
    assert entry.record.referral.reasoning == referral.reasoning
    assert entry.record.image.sha256 == rgb_sha256(TABLE)
    assert np.array_equal(np.asarray(Picture.open(entry.frame)), TABLE)
    assert entry.session.settings["parameters"]["model"] == "demo"
    assert entry.session.settings["profile"]["max_pixels"] > 0
