"""Commands replayed on bags, in this process, with the embedded models."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from bags import START, STORE, TOPIC, write_bag
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from table import MUGS, TABLE

from rex_thinker_ros.answering.answering import Models
from rex_thinker_ros.apps.replay import main
from rex_thinker_ros.apps.replaying.answer import answer_of
from rex_thinker_ros.apps.replaying.bag import IMAGE_TYPES, Bag, BagError
from rex_thinker_ros.apps.replaying.judging import faults
from rex_thinker_ros.apps.replaying.script import (
    CameraTopics,
    Cue,
    Expectation,
    Script,
    ScriptError,
    read_script,
)
from rex_thinker_ros.apps.replaying.session import Stage, replay
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.command import CommandParser
from rex_thinker_ros.referring.outcome import Outcome

LOGGER = logging.getLogger(__name__)
EMPTY = np.full_like(TABLE, 128)
ORANGE = list(MUGS["orange"].as_tuple())


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bag that shows an empty table for a second, then mugs, and ends after two."""
    folder = tmp_path_factory.mktemp("bags") / "bag"
    pictures = {0.0: EMPTY, 0.5: EMPTY, 1.0: TABLE, 1.5: TABLE, 2.0: TABLE}
    return write_bag(folder, pictures, storage_plugin=StoragePlugin.MCAP)


@pytest.fixture(scope="module")
def models() -> Models:
    detector, reasoner = load_models(load_profile("demo"), device="cpu")
    return Models(CommandParser(), detector, reasoner)


def outcomes(bag: Path, models: Models, *cues: Cue, **settings: Any) -> list[Outcome]:
    script = Script({"": CameraTopics(TOPIC)}, cues)
    if settings:
        script = Script({"": CameraTopics(TOPIC)}, cues, type(script.settings)(**settings))
    with Bag(bag) as opened:
        replayed = replay(Stage(opened, script, LOGGER), script, models)
        return [one.result.outcome for one in replayed]


def test_each_command_is_decided_on_the_image_of_its_moment(bag: Path, models: Models) -> None:
    cues = (Cue(0.9, "the orange mug"), Cue(1.2, "the orange mug"), Cue(4.0, "the orange mug"))
    assert outcomes(bag, models, *cues, image_timeout=0.0) == [
        Outcome.NO_CANDIDATES, Outcome.FOUND, Outcome.STALE_IMAGE,
    ]  # fmt: skip
    assert outcomes(bag, models, *cues[2:], max_image_age=0.0) == [Outcome.FOUND]


def test_waiting_turns_the_clock_of_the_bag(bag: Path, models: Models) -> None:
    cue = Cue(0.9, "the orange mug")
    assert outcomes(bag, models, cue, wait_for_image=True) == [Outcome.FOUND]
    assert outcomes(bag, models, Cue(2.5, "the mug"), wait_for_image=True) == [Outcome.STALE_IMAGE]


def test_an_answer_in_time_settles_the_question(bag: Path, models: Models) -> None:
    asked, answered = Cue(1.2, "give me the mug"), Cue(1.9, "the left one")
    assert outcomes(bag, models, asked, answered) == [Outcome.AMBIGUOUS, Outcome.FOUND]
    late = outcomes(bag, models, asked, answered, dialogue_timeout=0.5)
    assert late == [Outcome.AMBIGUOUS, Outcome.INVALID_COMMAND]


@pytest.mark.parametrize(
    ("storage", "compression"),
    [
        (StoragePlugin.MCAP, CompressionMode.NONE),
        (StoragePlugin.SQLITE3, CompressionMode.NONE),
        (StoragePlugin.SQLITE3, CompressionMode.FILE),
        (StoragePlugin.SQLITE3, CompressionMode.MESSAGE),
    ],
)
def test_every_kind_of_bag_is_read(
    tmp_path: Path, storage: StoragePlugin, compression: CompressionMode
) -> None:
    folder = tmp_path / "bag"
    writer = Writer(folder, version=9, storage_plugin=storage)
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        images = writer.add_connection("/a", "sensor_msgs/msg/Image", typestore=STORE)
        kinds = STORE.types
        image = kinds["sensor_msgs/msg/Image"](
            kinds["std_msgs/msg/Header"](kinds["builtin_interfaces/msg/Time"](7, 8), "camera"),
            2, 3, "mono8", 0, 3, np.arange(6, dtype=np.uint8),
        )  # fmt: skip
        writer.write(images, START, STORE.serialize_cdr(image, "sensor_msgs/msg/Image"))
    with Bag(folder) as opened:
        assert opened.kinds({"/a": IMAGE_TYPES}) == {"/a": "sensor_msgs/msg/Image"}
        (recorded,) = opened.messages(["/a"])
        assert recorded.nanoseconds == START
        assert bytes(recorded.open().data) == bytes(range(6))


def script_file(folder: Path, **values: Any) -> Path:
    path = folder / "commands.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def test_expectations_decide_the_exit_code(
    bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(status: str, box: list[float]) -> int:
        expect = {"status": status, "boxes": [box], "iou": 0.8}
        commands = [
            {"at": 1.2, "say": "pick up the orange mug", "expect": expect},
            {"at": 1.3, "say": "go \0home"},
        ]
        path = script_file(tmp_path, topic=TOPIC, commands=commands)
        outputs = ["--jsonl", tmp_path / "out.jsonl", "--junit", tmp_path / "out.xml"]
        arguments = [bag, path, "--model", "demo", "--device", "cpu", *outputs]
        return main([*map(str, arguments)])

    assert run("FOUND", ORANGE) == 0
    assert run("NO_MATCH", [0, 0, 50, 50]) == 1
    assert "1 of 2 commands ended as expected" in capsys.readouterr().err
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert (first["status"], second["status"]) == ("FOUND", "INVALID_COMMAND")
    assert len(first["faults"]) == 2
    assert first["image_age"] == pytest.approx(0.2)
    assert Box(*first["boxes"][0]).iou(MUGS["orange"]) > 0.8
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "NO_MATCH was expected" in str(failure.get("message"))


LINE = {
    "at": 1.5, "say": "the mug", "camera": "", "status": "FOUND", "boxes": [[0, 0, 10, 10]],
    "model": "demo",
}  # fmt: skip


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        ([LINE], 0),
        ([{**LINE, "boxes": [[0, 0, 10, 9]], "model": "other"}], 0),
        ([{**LINE, "boxes": [[20, 0, 30, 10]]}], 1),
        ([{**LINE, "status": "NO_MATCH", "boxes": []}], 1),
        ([LINE, {**LINE, "at": 2.0}], 1),
        ([], 1),
    ],
    ids=["nothing", "a hair", "another box", "another status", "one more", "one less"],
)
def test_what_changed_between_two_runs_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], after: list[dict[str, Any]], changed: int
) -> None:
    files = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    for path, lines in zip(files, ([LINE], after), strict=True):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(["--compare", *map(str, files)]) == changed
    printed = capsys.readouterr().out
    assert f"{changed} commands ended otherwise" in printed
    assert ("the mug" in printed) == bool(changed)


def test_what_is_no_replay_cannot_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n")
    assert main(["--compare", str(path), str(path)]) == 2
    assert "'at' is missing" in " ".join(capsys.readouterr().err.split())


@pytest.fixture
def broken(bag: Path, tmp_path: Path) -> dict[str, Path]:
    empty = tmp_path / "empty"
    with Writer(empty, version=9) as writer:
        writer.add_connection(TOPIC, "sensor_msgs/msg/Image", typestore=STORE)
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(next(bag.glob("*.mcap")).read_bytes()[:2_000_000])
    return {"no bag": tmp_path / "nowhere", "empty": empty, "cut": cut, "good": bag}


@pytest.mark.parametrize(
    ("which", "topic", "reason"),
    [
        ("no bag", TOPIC, "nowhere does not exist"),
        ("empty", TOPIC, "holds no message"),
        ("cut", TOPIC, "is the recording whole?"),
        ("cut", TOPIC, "cut.mcap"),
        ("good", "/other", "has no topic /other. It has /camera/image, /words."),
        ("good", "/words", "is of the type std_msgs/msg/String, wanted is sensor_msgs/msg/Image"),
    ],
)
def test_bags_that_cannot_be_used_are_refused(
    broken: dict[str, Path], which: str, topic: str, reason: str
) -> None:
    def read() -> None:
        with Bag(broken[which]) as opened:
            for _ in opened.messages(opened.kinds({topic: IMAGE_TYPES})):
                pass

    with pytest.raises(BagError) as caught:
        read()
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"commands": [{"at": 1, "say": "a"}]}, "name either the topic"),
        ({"topic": "/a", "commands": []}, "at least one command"),
        ({"topic": "/a", "commands": [{"at": -1, "say": "a"}]}, "command 1: at must be"),
        ({"topic": "/a", "commands": [{"at": 1}]}, "command 1: say must be"),
        ({"topic": "/a", "commands": [{"at": 1, "sya": "a"}]}, "command 1: sya is unknown"),
        (
            {"topic": "/a", "commands": [{"at": 1, "say": "a", "expect": {"status": "YES"}}]},
            "command 1: there is no status YES; choose of FOUND",
        ),
        (
            {"topic": "/a", "commands": [{"at": 1, "say": "a", "expect": {"boxes": [[1, 2]]}}]},
            "command 1:",
        ),
        (
            {"topic": "/a", "settings": {"max_image_age": "soon"}, "commands": [
                {"at": 1, "say": "a"}]},
            "max_image_age must be a number",
        ),
    ],
)  # fmt: skip
def test_files_of_commands_that_do_not_fit_are_refused(
    tmp_path: Path, values: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ScriptError) as caught:
        read_script(script_file(tmp_path, **values))
    assert reason in str(caught.value)


def test_commands_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    commands = [{"at": 2, "say": "second", "camera": "right"}, {"at": 1, "say": "first"}]
    path = script_file(tmp_path, cameras={"left": "/l", "right": "/r"}, commands=commands)
    said = [(cue.say, cue.camera) for cue in read_script(path).cues]
    assert said == [("first", "left"), ("second", "right")]


def test_boxes_are_expected_one_by_one(bag: Path, models: Models) -> None:
    with Bag(bag) as opened:
        script = Script({"": CameraTopics(TOPIC)}, (Cue(1.2, "all the mugs"),))
        (one,) = replay(Stage(opened, script, LOGGER), script, models)
    answer = answer_of(one.result)
    boxes = answer.boxes
    assert faults(Expectation(Outcome.FOUND, tuple(reversed(boxes))), answer) == []
    assert len(faults(Expectation(boxes=boxes[1:]), answer)) == 1
    assert len(faults(Expectation(boxes=(*boxes, Box(0, 0, 9, 9))), answer)) == 2


def test_the_example_of_a_test_of_ones_own_runs() -> None:
    example = Path(__file__).parents[2] / "examples" / "test_tabletops.py"
    plugin = "rex_thinker_ros.apps.replaying.pytest_plugin"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", plugin, "-p", "no:cacheprovider", str(example)],
        check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
