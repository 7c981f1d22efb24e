"""The Dockerfiles are linted, and what they copy, name and start is there; nothing is built."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("Dockerfile.*"))
ENTRYPOINT = DOCKER / "entrypoint"
RULES = [
    line
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]

each_dockerfile = pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Return the name and the argument of each instruction."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line)]


def copied(dockerfile: Path) -> list[str]:
    """Return the paths of the checkout that are copied into the image."""
    arguments = [rest.split() for name, rest in instructions(dockerfile) if name == "COPY"]
    return [path for words in arguments if not words[0].startswith("--from") for path in words[:-1]]


def only(dockerfile: Path, name: str) -> str:
    """Return the argument of an instruction that stands there once."""
    (argument,) = (rest for other, rest in instructions(dockerfile) if other == name)
    return argument


def is_sent(path: str) -> bool:
    """Return whether the build gets a file: the last rule about it or a folder of it decides."""
    parts = path.split("/")
    steps = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    sent = True
    for rule in RULES:
        pattern = rule.removeprefix("!")
        if pattern.startswith("**/"):
            matches = any(fnmatchcase(part, pattern[3:]) for part in parts)
        else:
            matches = any(fnmatchcase(step, pattern) for step in steps)
        if matches:
            sent = rule.startswith("!")
    return sent


def test_both_are_there() -> None:
    assert [path.name for path in DOCKERFILES] == ["Dockerfile.cuda", "Dockerfile.jetson"]


@each_dockerfile
def test_the_linter_has_nothing_to_say(dockerfile: Path) -> None:
    linter = Path(sys.executable).with_name("hadolint")
    run = subprocess.run(
        [linter, "--no-color", "--config", DOCKER / ".hadolint.yaml", dockerfile],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


@each_dockerfile
def test_what_is_copied_exists_and_is_sent(dockerfile: Path) -> None:
    paths = copied(dockerfile)
    assert "." in paths
    for path in paths:
        assert (ROOT / path).exists(), path
        assert path == "." or is_sent(path), path


@each_dockerfile
def test_the_requirements_are_those_beside_an_installed_ros(dockerfile: Path) -> None:
    text = dockerfile.read_text(encoding="utf-8")
    given = re.findall(r"-r /tmp/(requirements/\S+)", text)
    made = re.findall(r">/tmp/(requirements/\S+)", text)
    there = [path for path in copied(dockerfile) if path.startswith("requirements/")]
    assert set(given) - set(made) <= set(there)
    assert there == ["requirements/ros_installed.txt", "requirements/runtime.txt"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"-r src/rex_thinker_ros/{path}" in readme for path in there)


def test_torch_is_a_requirement_that_jetson_can_leave_out() -> None:
    # Dockerfile.jetson removes this line and brings another torch
    (pattern,) = re.findall(r"grep -v '(.*?)'", (DOCKER / "Dockerfile.jetson").read_text("utf-8"))
    lines = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if re.search(pattern, line)]) == 1


def test_the_build_gets_all_that_cmake_reads() -> None:
    cmake = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    cmake = cmake.replace("${PROJECT_NAME}", "rex_thinker_ros")
    read = re.findall(r"(?:msg|action|bin)/\w+(?:\.\w+)?", cmake)
    for folders in re.findall(r"DIRECTORY (.*?)\s+DESTINATION", cmake):
        read += [f"{folder.rstrip('/')}/any" for folder in folders.split()]
    assert {"msg/Referral.msg", "bin/refer_node", "launch/any", "config/any"} <= set(read)
    for path in ("CMakeLists.txt", "package.xml", "LICENSE", *read):
        assert is_sent(path), path


@pytest.mark.parametrize(
    "path",
    [
        ".git/config", ".venv/bin/python", "build/setup.log", "install/setup.bash", "log/latest",
        "out/demo/report.html", "test/data/tabletop.jpg", "weights/model.safetensors",
        "rex_thinker_ros/ros/__pycache__/refer_node.pyc", ".env",
    ],
)  # fmt: skip
def test_the_build_does_not_get(path: str) -> None:
    assert not is_sent(path)


def test_the_distributions_are_those_of_the_readme() -> None:
    assert only(DOCKER / "Dockerfile.cuda", "ARG") == "ROS_DISTRO=jazzy"
    jetson = (DOCKER / "Dockerfile.jetson").read_text(encoding="utf-8")
    assert "ROS_DISTRO=humble" in jetson
    assert set(re.findall(r"ros[:-](\w+)-ros-", jetson)) == {"humble"}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "source /opt/ros/jazzy/setup.bash" in readme
    assert "For Humble to Kilted." in readme


@each_dockerfile
def test_it_starts_the_launch_file_and_stops_it_by_sigint(dockerfile: Path) -> None:
    assert json.loads(only(dockerfile, "ENTRYPOINT")) == ["rex_entrypoint"]
    assert "docker/entrypoint /usr/local/bin/rex_entrypoint" in dockerfile.read_text("utf-8")
    *launch, package, file = json.loads(only(dockerfile, "CMD"))
    assert launch == ["ros2", "launch", "--noninteractive"]
    assert f"<name>{package}</name>" in (ROOT / "package.xml").read_text(encoding="utf-8")
    assert (ROOT / "launch" / file).is_file()
    assert only(dockerfile, "STOPSIGNAL") == "SIGINT"


@each_dockerfile
def test_it_does_not_run_as_root(dockerfile: Path) -> None:
    assert only(dockerfile, "USER") == "1000"


@each_dockerfile
def test_the_places_are_those_of_the_entrypoint_and_the_page(dockerfile: Path) -> None:
    text = dockerfile.read_text(encoding="utf-8")
    page = (DOCKER / "README.md").read_text(encoding="utf-8")
    for place in ("/opt/rex_venv", "/opt/rex_thinker_ros", "/models"):
        assert place in text
        assert f"`{place}`" in page
    assert f"docker build -f docker/{dockerfile.name} " in page


def test_the_entrypoint_gives_its_environment_to_the_command(tmp_path: Path) -> None:
    sourced = ["opt/ros/jazzy/setup.bash", "opt/rex_thinker_ros/local_setup.bash"]
    sourced.append("opt/rex_venv/bin/activate")
    for path in sourced:
        file = tmp_path / path
        file.parent.mkdir(parents=True)
        file.write_text(f'export SEEN="$SEEN {path}"\n')
    script = tmp_path / "entrypoint"
    text = ENTRYPOINT.read_text(encoding="utf-8")
    script.write_text(text.replace("/opt/", f"{tmp_path}/opt/"))
    run = subprocess.Popen(
        ["bash", script, sys.executable, "-c", "import os; print(os.getpid(), os.environ['SEEN'])"],
        env={**os.environ, "ROS_DISTRO": "jazzy", "SEEN": ""},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    output, _ = run.communicate(timeout=10)
    # the command has the process of the shell, so the container's signals are its own
    assert output.split() == [str(run.pid), *sourced]


def test_the_entrypoint_can_be_run() -> None:
    assert os.access(ENTRYPOINT, os.X_OK)
    subprocess.run(["bash", "-n", ENTRYPOINT], check=True)
