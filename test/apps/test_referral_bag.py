"""The bag of referrals is read by others, and takes the place of its own kind only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rosbags.highlevel import AnyReader

from rex_thinker_ros.apps.replaying.answer import Answer
from rex_thinker_ros.apps.replaying.judged import Judged
from rex_thinker_ros.apps.replaying.referral_bag import TOPIC, write_referral_bag
from rex_thinker_ros.apps.replaying.script import Cue
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.pick_point import PickPoint
from rex_thinker_ros.user_error import UserError

START = 1_700_000_000_000_000_000
MUG = Box(10.4, 20.6, 30.2, 40)
FOUND = Answer(
    "replay-1", Outcome.FOUND, "Found the red mug.", "red mug", "mug", boxes=(MUG,),
    candidates=(Candidate(1, MUG, 0.5, Verdict.MATCH, "it is red"),),
    pick_points=((1, PickPoint(0.1, 0.2, 0.9, (0.01, 0.02, 0.03), 0.75)),),
    reasoning="<think>✅", confidence=2.5, stamp_nanoseconds=START + 1_250_000_000,
    frame_id="camera", image_age=0.25, detection_seconds=0.5, reasoning_seconds=1.5,
)  # fmt: skip
REFUSED = Answer("replay-2", Outcome.INVALID_COMMAND, "Name an object.")
JUDGED = [
    Judged(Cue(9.0, "the red mug", "left"), FOUND, ()),
    Judged(Cue(0.5, "go home"), REFUSED, ("FOUND was expected",)),
]


def read(folder: Path) -> list[tuple[int, str, Any]]:
    with AnyReader([folder]) as reader:
        return [
            (time, connection.topic, reader.deserialize(data, connection.msgtype))
            for connection, time, data in reader.messages()
        ]


def test_each_referral_is_at_the_stamp_of_its_image(tmp_path: Path) -> None:
    write_referral_bag(tmp_path / "bag", JUDGED, start_nanoseconds=START, model="demo")
    (first, topic, refused), (second, _, found) = read(tmp_path / "bag")
    assert (first, second, topic) == (START + 500_000_000, START + 1_250_000_000, TOPIC)
    assert (refused.command, refused.status) == ("go home", Outcome.INVALID_COMMAND.value)
    assert (found.camera, found.header.frame_id, found.model) == ("left", "camera", "demo")
    assert (found.header.stamp.sec, found.header.stamp.nanosec) == (1_700_000_001, 250_000_000)
    region = found.boxes[0]
    assert (region.x_offset, region.y_offset, region.width, region.height) == (10, 20, 21, 20)
    assert (found.candidates[0].verdict, found.candidates[0].note) == (1, "it is red")
    point = found.pick_points[0]
    assert (point.candidate, point.point.z, point.spread.x) == (1, 0.9, 0.01)
    assert (found.image_age.nanosec, found.reasoning_duration.sec) == (250_000_000, 1)


def test_only_its_own_kind_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    for judged in (JUDGED, JUDGED[:1]):
        write_referral_bag(folder, judged, start_nanoseconds=START, model="demo")
    assert len(read(folder)) == 1
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="name another folder"):
        write_referral_bag(folder, JUDGED, start_nanoseconds=START, model="demo")
    assert (folder / "notes.txt").read_text() == "mine"
