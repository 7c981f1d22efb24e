"""scripts/setup builds again when what it linked to has changed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CMAKE = (ROOT / "CMakeLists.txt").read_text()
INSTALLED = [
    folder
    for names in re.findall(r"install\(DIRECTORY ([^)]*?) DESTINATION share", CMAKE)
    for folder in names.split()
    if "$" not in folder
]
READ = ("msg", "srv", "action", "cmake", "bin", "rex_thinker_ros", *INSTALLED)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout that has one file in every folder."""
    for folder in READ:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "old").touch()
    for file in ("CMakeLists.txt", "package.xml"):
        (tmp_path / file).touch()
    return tmp_path


def fingerprint(checkout: Path) -> str:
    """Return what scripts/setup compares."""
    script = (ROOT / "scripts" / "setup").read_text()
    (function,) = re.findall(r"^fingerprint_of\(\) \{$.*?^\}$", script, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"place=here\n{function}\nfingerprint_of ."],
        cwd=checkout, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_the_installed_folders_are_known() -> None:
    assert {"launch", "config"} <= set(INSTALLED)


@pytest.mark.parametrize("folder", READ)
def test_a_new_file_is_built(folder: str, checkout: Path) -> None:
    before = fingerprint(checkout)
    assert fingerprint(checkout) == before
    (checkout / folder / "new").touch()
    assert fingerprint(checkout) != before
