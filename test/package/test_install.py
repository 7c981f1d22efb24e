"""Both ways to install, colcon and pip, give a package that ROS 2 and Python find whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_IN_A_CLONE = (".git", ".venv*", "build", "install", "log", "out", "dist", "*cache*", ".hyp*")
SEARCH_PATHS = ("PYTHONPATH", "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "LD_LIBRARY_PATH")

# What a user does with the installed package, away from any checkout; the lookup of the executable
# is that of `ros2 run`.
PROBE = """
import os
from pathlib import Path

from ament_index_python.packages import get_package_prefix, get_package_share_directory
from rclpy.serialization import deserialize_message, serialize_message

from rex_thinker_ros.action import Refer
from rex_thinker_ros.shared_path import shared_path
from rex_thinker_ros.msg import Candidate, Referral

referral = Referral(status=Referral.AMBIGUOUS, candidates=[Candidate(number=1)])
assert deserialize_message(serialize_message(referral), Referral) == referral
assert Refer.Result().referral == Referral()

share = Path(get_package_share_directory("rex_thinker_ros"))
for name in ("package.xml", "launch/refer.launch.py", "config/refer.yaml"):
    assert (share / name).is_file(), name
assert shared_path("weights") == share / "weights", shared_path("weights")
referral = "msg/Referral.msg"
assert shared_path(referral) == share / referral, shared_path(referral)
print(Path(get_package_prefix("rex_thinker_ros"), "lib/rex_thinker_ros/refer_node"))
"""


def environment(prefix: Path | None = None) -> dict[str, str]:
    """Return this environment without the checkout's own packages, and with those of `prefix`."""
    variables = dict(os.environ)
    variables.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    for name in SEARCH_PATHS:
        entries = filter(None, variables.get(name, "").split(os.pathsep))
        kept = [entry for entry in entries if Path(entry) != ROOT and not is_built_here(entry)]
        variables[name] = os.pathsep.join(kept)
    if "ROS_DISTRO" not in variables:
        variables["AMENT_PREFIX_PATH"] = variables["CMAKE_PREFIX_PATH"] = sys.prefix
    if prefix:
        (modules,) = {path.parents[1] for path in prefix.rglob("rex_thinker_ros/__init__.py")}
        for name, path in (
            ("PYTHONPATH", modules),
            ("AMENT_PREFIX_PATH", prefix),
            ("LD_LIBRARY_PATH", prefix / "lib"),
        ):
            variables[name] = os.pathsep.join(filter(None, [str(path), variables[name]]))
    return variables


def is_built_here(path: str) -> bool:
    return any(Path(path).is_relative_to(ROOT / folder) for folder in ("build", "install"))


def run(*command: str | Path, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def install_with_colcon(clone: Path, workspace: Path) -> Path:
    env = environment()
    if "ROS_DISTRO" not in env:
        env["CMAKE_TOOLCHAIN_FILE"] = str(clone / "cmake" / "ros_wheels_toolchain.cmake")
    built = run("colcon", "build", cwd=workspace, env=env)
    assert built.returncode == 0, built.stdout
    return workspace / "install" / "rex_thinker_ros"


def install_with_pip(clone: Path, workspace: Path) -> Path:
    prefix = workspace / "prefix"
    options = ["--no-deps", "--no-build-isolation", "--ignore-installed", f"--prefix={prefix}"]
    pip_install = [sys.executable, "-m", "pip", "install", *options]
    hasty = {"CMAKE_BUILD_TYPE": "None"}  # compiled without optimisation, as colcon does
    built = run(*pip_install, clone, cwd=workspace, env=environment() | hasty)
    assert built.returncode == 0, built.stdout
    return prefix


@pytest.fixture(
    scope="module", params=[install_with_colcon, install_with_pip], ids=["colcon", "pip"]
)
def prefix(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the prefix that a clone in a workspace's src/ was installed to."""
    workspace = tmp_path_factory.mktemp("workspace")
    clone = workspace / "src" / "rex_thinker_ros"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE))
    installed: Path = request.param(clone, workspace)
    return installed


def test_an_installed_package_is_whole(prefix: Path, tmp_path: Path) -> None:
    probe = run(sys.executable, "-c", PROBE, cwd=tmp_path, env=environment(prefix))

    assert probe.returncode == 0, probe.stdout
    assert probe.stdout.strip() == str(prefix / "lib" / "rex_thinker_ros" / "refer_node")


def test_the_installed_executable_runs_and_names_an_unknown_model(
    prefix: Path, tmp_path: Path
) -> None:
    executable = prefix / "lib" / "rex_thinker_ros" / "refer_node"
    arguments = ["--ros-args", "-p", "model:=no_such_model"]

    node = run(executable, *arguments, cwd=tmp_path, env=environment(prefix))

    assert node.returncode == 1, node.stdout
    assert "no_such_model" in node.stdout
