"""A bag played to the real node on a simulated clock ends as it does in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from bags import TOPIC
from depth_bags import CANDIDATES, DEPTH, INFO, UNHEARD, write_depth_bag
from node_process import NodeProcess, next_domain, running_node
from rosbags.highlevel import AnyReader

from rex_thinker_ros.apps.replay import main
from rex_thinker_ros.apps.replaying.live_node import LiveNode
from rex_thinker_ros.apps.ros_node import ros_node
from rex_thinker_ros.referring.boxes import Box

DOMAIN = next_domain()
REMAPPINGS = {"image": TOPIC, "depth": DEPTH, "camera_info": INFO}
COMMANDS: list[dict[str, Any]] = [
    {"at": 0.5, "say": "pick up the orange mug"},
    {"at": 0.6, "say": "move to the left"},
    {"at": 1.01, "say": "the mug", "expect": {"status": "AMBIGUOUS"}},
    {"at": 1.5, "say": "the left one", "expect": {"status": "FOUND"}},
    {"at": 1.6, "say": "the yellow mug"},
    {"at": 1.7, "say": "the red ball", "category": "mug"},
    {"at": 2.9, "say": "the purple bottle"},
    {"at": 5.0, "say": "pick up the orange mug", "expect": {"status": "STALE_IMAGE"}},
]
SAME = (
    "at", "say", "camera", "status", "status_text", "faults", "image_age", "expression",
    "category", "reasoning",
)  # fmt: skip


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_depth_bag(tmp_path_factory.mktemp("bags") / "bag", (0.0, 1.0, 2.0), ())


@pytest.fixture(scope="module")
def node() -> Iterator[NodeProcess]:
    with running_node(DOMAIN, {"model": "demo", "use_sim_time": True}, REMAPPINGS) as node:
        yield node


@pytest.fixture(autouse=True)
def domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(DOMAIN))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")


def script(folder: Path, **values: Any) -> Path:
    path = folder / "commands.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def test_both_ways_come_to_the_same(bag: Path, node: NodeProcess, tmp_path: Path) -> None:
    camera = {"image": TOPIC, "depth": DEPTH, "camera_info": INFO}
    path = script(
        tmp_path, cameras={"": camera}, commands=COMMANDS, settings={"max_image_age": 0.95}
    )

    def run(way: str) -> list[dict[str, Any]]:
        lines = tmp_path / f"{way}.jsonl"
        outputs = ["--jsonl", lines, "--output-bag", tmp_path / way, "--html", tmp_path / "page"]
        arguments = [bag, path, way, "--model", "demo", "--device", "cpu", *outputs]
        assert main([*map(str, arguments)]) == 0
        return [json.loads(line) for line in lines.read_text().splitlines()]

    here, there = run("--in-process"), run("--live")
    assert [{key: one[key] for key in SAME} for one in here] == [
        {key: one[key] for key in SAME} for one in there
    ]
    assert {one["status"] for one in here} >= {"FOUND", "NO_MATCH", "AMBIGUOUS", "INVALID_COMMAND"}
    for one, other in zip(here, there, strict=True):
        for box, whole in zip(one["boxes"], other["boxes"], strict=True):
            assert Box(*box).iou(Box(*whole)) > 0.9  # of whole pixels in the message
        assert one["pick_points"] == other["pick_points"]
    assert here[0]["pick_points"]
    page = (tmp_path / "page").read_text(encoding="utf-8")
    assert page.count("<article") == len(COMMANDS)
    assert page.count("data:image/jpeg") == sum(one["image_age"] is not None for one in there)
    assert referrals(tmp_path / "--in-process") == referrals(tmp_path / "--live")


def referrals(bag: Path) -> list[tuple[int, str, int, str]]:
    """Return what a bag of referrals has: when, the sentence, the status and its own stamp."""
    with AnyReader([bag]) as reader:
        messages = [
            (time, reader.deserialize(data, connection.msgtype))
            for connection, time, data in reader.messages()
        ]
    return [(t, m.command, m.status, str(m.header.stamp)) for t, m in messages]


def test_the_settings_hold_for_the_replay_only(
    bag: Path, node: NodeProcess, tmp_path: Path
) -> None:
    path = script(
        tmp_path, topic=TOPIC, settings={"wait_for_image": True, "image_timeout": 0.2},
        commands=[{"at": 1.5, "say": "the mug", "expect": {"status": "STALE_IMAGE"}}],
    )  # fmt: skip
    assert main([str(bag), str(path), "--live"]) == 0
    with ros_node("asking") as asking:
        values = LiveNode(asking, "/refer").parameters("wait_for_image", "image_timeout")
    assert values == {"wait_for_image": False, "image_timeout": 1.0}


@pytest.mark.parametrize(
    ("values", "arguments", "reason"),
    [
        ({"topic": UNHEARD}, [], f"Nobody listens to {UNHEARD}"),
        ({"topic": TOPIC}, ["--node", "/other"], "/other does not answer"),
        ({"cameras": {"": {"image": TOPIC, "candidates": CANDIDATES}}}, [], "is detector"),
    ],
    ids=["another topic", "another name", "other candidates"],
)
def test_a_node_that_does_not_fit_is_refused(
    bag: Path, node: NodeProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    values: dict[str, Any], arguments: list[str], reason: str,
) -> None:  # fmt: skip
    path = script(tmp_path, commands=[{"at": 1.0, "say": "the mug"}], **values)
    assert main([str(bag), str(path), "--live", *arguments]) == 2
    assert reason in " ".join(capsys.readouterr().err.split())


def test_without_a_node_there_is_no_live_replay(
    bag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(next_domain()))
    path = script(tmp_path, topic=TOPIC, commands=[{"at": 1.0, "say": "the mug"}])
    assert main([str(bag), str(path), "--live"]) == 2
    assert "No node serves the action refer" in " ".join(capsys.readouterr().err.split())
