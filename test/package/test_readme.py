"""The README says what is there: code, tables, paths and commands are compared with their truth."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from itertools import takewhile
from pathlib import Path

import pytest

from rex_thinker_ros.models.profiles import PROFILES, SETTINGS
from rex_thinker_ros.models.weights import STORE_VARIABLE, MissingWeightsError, find_weights
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.parameter_fields import ros_name
from rex_thinker_ros.ros.parameters import Parameters

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
PROSE = re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE)
CODE_SPANS = re.findall(r"`([^`\n]+)`", PROSE)
LINKS = sorted(set(re.findall(r"\]\(([^)]+)\)", PROSE)))
# neither .venv/ nor out/, which runs leave behind
OURS = {path.name for path in ROOT.iterdir() if path.name[0] != "."} - {"out"}


def commands() -> list[list[str]]:
    """Return the words of every command line, comments left out."""
    lines = [line for language, body in BLOCKS if language == "bash" for line in body.splitlines()]
    lines += [span for span in CODE_SPANS if span.startswith(("scripts/", "python "))]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def paths() -> list[str]:
    """Return every link, code span and word of a command that names a file of ours."""
    words = [*CODE_SPANS, *(word for command in commands() for word in command)]
    words = [word.removeprefix("src/rex_thinker_ros/").split()[0] for word in words]
    files = [word for word in words if not re.fullmatch(r"\w+/(msg|action)/\w+", word)]
    named = {word for word in files if "/" in word and word.split("/")[0] in OURS}
    linked = {link.partition("#")[0] for link in LINKS}
    return sorted(named | linked - {""})


def modules() -> dict[str, set[str]]:
    """Return the modules that commands run, with the options they are given."""
    runs: dict[str, set[str]] = {}
    for command in commands():
        if command[:2] == ["python", "-m"]:
            options = {word for word in command[3:] if word.startswith("--")}
            runs.setdefault(command[2], set()).update(options)
    return runs


def table(heading: str) -> dict[str, list[str]]:
    """Return the rows of the table whose first column has this heading, by their first cell."""
    lines = README[README.index(f"\n| {heading} |") + 1 :].splitlines()
    body = list(takewhile(lambda line: line.startswith("|"), lines))[2:]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in body]
    return {row[0].strip("`"): row[1:] for row in rows}


def test_the_subscriber_is_the_tested_one() -> None:
    (shown,) = (body for language, body in BLOCKS if language == "python" and "(Node)" in body)
    assert shown in (ROOT / "examples" / "pick_when_found.py").read_text(encoding="utf-8")


def test_the_library_example_prints_what_stands_below_it() -> None:
    (index,) = (i for i, (_, body) in enumerate(BLOCKS) if "parse_answer(" in body)
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", BLOCKS[index][1]],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == BLOCKS[index + 1][1]


def test_every_parameter_stands_with_its_default() -> None:
    defaults = {ros_name(spec): spec.default for spec in fields(Parameters)}
    # numbers and lists as YAML writes them
    texts = {
        name: default if isinstance(default, str) else json.dumps(default)
        for name, default in defaults.items()
    }
    written = {name: cells[0].strip("`") for name, cells in table("Parameter").items()}
    assert written == texts


def test_the_profiles_stand_with_their_values() -> None:
    values = {
        name: [getattr(PROFILES[profile], field) for profile in ("demo", "rex_thinker_7b")]
        for name, field in SETTINGS.items()
        if not name.endswith("path")
    }
    assert table("What a profile says") == {
        name: [value if isinstance(value, str) else f"{value:.10g}" for value in both]
        for name, both in values.items()
        if not isinstance(both[0], str) or both[0] != both[1]
    }


def test_every_outcome_stands_with_its_number_and_an_action() -> None:
    written = table("Status")
    assert {name: cells[0] for name, cells in written.items()} == {
        outcome.name: str(outcome.value) for outcome in Outcome
    }
    assert all(when and action for _, when, action in written.values())


def test_every_launch_argument_stands_there() -> None:
    launch_file = (ROOT / "launch" / "refer.launch.py").read_text(encoding="utf-8")
    tables = launch_file[launch_file.index("OVERRIDES = {") : launch_file.index("\n\n\ndef ")]
    declared = re.findall(r'^    "(\w+)":', tables, re.MULTILINE)
    declared += re.findall(r'DeclareLaunchArgument\(\s*"(\w+)"', launch_file)
    assert set(table("Launch argument")) == set(declared)
    given = {name for command in commands() for name in launch_arguments(command)}
    assert given
    assert given <= set(declared)


def launch_arguments(command: list[str]) -> list[str]:
    if command[:2] != ["ros2", "launch"]:
        return []
    return [word.partition(":=")[0] for word in command if ":=" in word]


@pytest.mark.parametrize("path", paths())
def test_a_named_file_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("link", [link for link in LINKS if link.startswith("#")])
def test_a_link_into_the_readme_has_its_heading(link: str) -> None:
    headings = re.findall(r"^#+ (.+)$", PROSE, re.MULTILINE)
    assert link in {f"#{heading.lower().replace(' ', '-')}" for heading in headings}


@pytest.mark.parametrize(("module", "options"), modules().items(), ids=modules())
def test_a_module_to_run_is_there_with_its_options(module: str, options: set[str]) -> None:
    source = sources(module)
    assert {option for option in options if f'"{option}"' not in source} == set()


def sources(module: str) -> str:
    """Return the text of a module, and of those of our commands that it imports."""
    spec = importlib.util.find_spec(module)
    assert spec
    assert spec.origin
    source = Path(spec.origin).read_text(encoding="utf-8")
    imported = re.findall(r"^from (rex_thinker_ros\.apps\.[\w.]+) import", source, re.MULTILINE)
    return "".join([source, *map(sources, imported)])


@pytest.mark.parametrize("name", ["demo", "test", "test_groundingdino", "setup"])
def test_a_script_is_named_and_can_be_run(name: str) -> None:
    assert f"scripts/{name}" in {command[0] for command in commands()}
    assert (ROOT / "scripts" / name).stat().st_mode & 0o100


@pytest.mark.parametrize(
    ("reference", "model_type"),
    [
        (PROFILES["rex_thinker_7b"].detector, "grounding-dino"),
        (PROFILES["rex_thinker_7b"].reasoner, "qwen2_5_vl"),
    ],
)
def test_the_way_to_fetch_weights_is_that_of_the_error(
    reference: str, model_type: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingWeightsError) as caught:
        find_weights(reference, model_type=model_type)
    (command,) = re.findall(r"Fetch it with `(.*?)`", str(caught.value))
    # the README fetches both at once
    assert command.removesuffix(f" {reference}").split() in commands()
