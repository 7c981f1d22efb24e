"""Commands replayed from what was recorded: the same lines, without models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from bags import TOPIC, write_bag
from table import TABLE

from rex_thinker_ros.apps.replay import main
from rex_thinker_ros.apps.replaying.pytest_plugin import OpenBag, rex_bag  # noqa: F401
from rex_thinker_ros.referring import prompt
from rex_thinker_ros.referring.log_reader import read_log

EMPTY = np.full_like(TABLE, 128)
TIMES = {"model", "detection_seconds", "reasoning_seconds"}
COMMANDS = [
    {"at": 0.5, "say": "the orange mug"},
    {"at": 1.1, "say": "give me the mug"},
    {"at": 1.2, "say": "the orange one"},
    {"at": 1.3, "say": "the orange mug"},
    {"at": 1.4, "say": "give me the mug"},
    {"at": 1.5, "say": "the left one"},
    {"at": 1.6, "say": "all the mugs"},
    {"at": 1.7, "say": "the yellow block"},
    {"at": 1.8, "say": "the mug", "category": "bottle"},
    {"at": 4.0, "say": "the mug"},
    {"at": 4.0, "say": "go home"},
]


def replay(bag: Path, out: Path, commands: list[dict[str, Any]], *options: object) -> list[Any]:
    """Return the lines of a replay, without what differs from one machine to another."""
    script, lines = out / "commands.yaml", out / "lines.jsonl"
    script.write_text(yaml.safe_dump({"topic": TOPIC, "commands": commands}), encoding="utf-8")
    assert main([*map(str, (bag, script, "--jsonl", lines, *options))]) == 0
    records = map(json.loads, lines.read_text(encoding="utf-8").splitlines())
    return [{key: value for key, value in one.items() if key not in TIMES} for one in records]


def replay_recorded(bag: Path, out: Path, commands: list[dict[str, Any]], log: Path) -> list[Any]:
    return replay(bag, out, commands, "--model", "recorded", "--recording", log)


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bags") / "bag"
    return write_bag(folder, {0.0: EMPTY, 1.0: TABLE, 2.0: TABLE})


@pytest.fixture(scope="module")
def recorded(bag: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """Return the log that a replay with the embedded models wrote, and its lines."""
    out = tmp_path_factory.mktemp("recorded")
    log = out / "log"
    lines = replay(bag, out, COMMANDS, "--model", "demo", "--device", "cpu", "--record", log)
    return log, lines


def test_recorded_decisions_come_out_the_same(
    bag: Path, recorded: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    log, lines = recorded
    statuses = {line["status"] for line in lines}
    assert {"FOUND", "AMBIGUOUS", "NO_CANDIDATES", "STALE_IMAGE", "INVALID_COMMAND"} <= statuses
    assert replay_recorded(bag, tmp_path, COMMANDS, log) == lines
    assert replay_recorded(bag, tmp_path, COMMANDS[3:], log) == lines[3:]


def test_what_was_recorded_of_a_recording_comes_out_the_same(
    bag: Path, recorded: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    log, lines = recorded
    again = tmp_path / "again"
    options = ["--model", "recorded", "--recording", log, "--record", again]
    assert replay(bag, tmp_path, COMMANDS, *options) == lines
    assert replay_recorded(bag, tmp_path, COMMANDS, again) == lines


def test_a_replay_records_what_the_node_would(recorded: tuple[Path, list[Any]]) -> None:
    log, lines = recorded
    faults: list[str] = []
    decisions = list(read_log(log, faults.append))
    assert faults == []
    assert [one.record.status_text for one in decisions] == [line["status_text"] for line in lines]
    assert decisions[2].record.answers == decisions[1].record.id
    settings: dict[str, Any] = dict(decisions[0].session.settings)
    assert settings["script"].endswith("commands.yaml")
    assert (settings["model"], settings["profile"]["name"]) == ("demo", "demo")
    assert all(one.frame is None or one.frame.is_file() for one in decisions)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (
            {"at": 1.5, "say": "the purple mug"},
            "The prompt changed since it was recorded: the expression was '",
        ),
        (
            {"at": 1.5, "say": "the mug", "category": "cup"},
            "The prompt changed since it was recorded: the category was ",
        ),
        ({"at": 2.5, "say": "the orange mug"}, "No decision was recorded for this image."),
    ],
    ids=["another expression", "another category", "another image"],
)
def test_what_was_not_recorded_is_said(
    recorded: tuple[Path, list[Any]], tmp_path: Path, command: dict[str, Any], reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    other = write_bag(tmp_path / "bag", {1.0: TABLE, 2.0: TABLE[::-1]})
    command = {**command, "at": command["at"] - 1.0}
    (line,) = replay_recorded(other, tmp_path, [command], recorded[0])
    assert line["status"] == "MODEL_ERROR"
    assert line["status_text"].startswith(reason)
    assert "Traceback" not in capsys.readouterr().err


def test_another_wording_of_the_prompt_is_said(
    bag: Path, recorded: tuple[Path, list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt, "SYSTEM_PROMPT", "Please think.")
    (line,) = replay_recorded(bag, tmp_path, [COMMANDS[3]], recorded[0])
    assert line["status"] == "MODEL_ERROR"
    assert "another version worded it" in line["status_text"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--model", "recorded"], "needs a recording"),
        (["--model", "demo", "--recording", "LOG"], "and no other, needs a recording"),
        (["--model", "recorded", "--recording", "/nowhere"], "/nowhere holds no decision log"),
    ],
    ids=["no recording", "another model", "no log"],
)
def test_a_recording_that_cannot_be_used_ends_it(
    bag: Path, recorded: tuple[Path, list[Any]], tmp_path: Path, options: list[str], reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    script = tmp_path / "commands.yaml"
    script.write_text(yaml.safe_dump({"topic": TOPIC, "commands": COMMANDS}), encoding="utf-8")
    named = [str(recorded[0]) if option == "LOG" else option for option in options]
    assert main([str(bag), str(script), *named]) == 2
    assert reason in " ".join(capsys.readouterr().err.split())


def test_a_test_of_ones_own_needs_no_models(
    bag: Path, recorded: tuple[Path, list[Any]],
    rex_bag: OpenBag,  # noqa: F811
) -> None:  # fmt: skip
    log, lines = recorded
    answer = rex_bag(bag, TOPIC, model="recorded", recording=log).ask("the orange mug", at=1.3)
    assert answer.status_text == lines[3]["status_text"]


def test_neither_torch_nor_transformers_is_imported(
    bag: Path, recorded: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "from rex_thinker_ros.apps.replay import main\n"
        "code = main(sys.argv[1:])\n"
        "print(code, sorted({'torch', 'transformers', 'rclpy'} & sys.modules.keys()))\n"
    )
    script = tmp_path / "commands.yaml"
    script.write_text(yaml.safe_dump({"topic": TOPIC, "commands": COMMANDS}), encoding="utf-8")
    arguments = [bag, script, "--model", "recorded", "--recording", recorded[0]]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr
