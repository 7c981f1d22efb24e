"""Let pip build the package with the same CMakeLists.txt as colcon, and pack what it installs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
NAME = "rex_thinker_ros"


class BinaryDistribution(Distribution):
    """Mark the wheel as one of this platform: rosidl compiles extension modules."""

    def has_ext_modules(self) -> bool:
        return True


class BuildWithCMake(build_py):
    """Install by CMake into a staging prefix; modules become the package, the rest its data."""

    def run(self) -> None:
        build = Path(self.get_finalized_command("build").build_temp).resolve()
        prefix = build / "prefix"
        shutil.rmtree(prefix, ignore_errors=True)
        run_cmake("-S", ROOT, "-B", build, f"-DCMAKE_INSTALL_PREFIX={prefix}", *settings())
        run_cmake("--build", build, "--target", "install", "--parallel")

        (modules,) = (init.parent for init in prefix.glob(f"**/*-packages/{NAME}/__init__.py"))
        shutil.copytree(modules, Path(self.build_lib, NAME), dirs_exist_ok=True)
        shutil.rmtree(modules.parent)
        self.distribution.data_files = data_files(prefix)


def settings() -> list[str]:
    """Return CMake settings: this very interpreter, and the repairs that ROS 2 wheels need."""
    toolchain = os.environ.get("CMAKE_TOOLCHAIN_FILE", ROOT / "cmake/ros_wheels_toolchain.cmake")
    return [
        "-DBUILD_TESTING=OFF",
        f"-DCMAKE_BUILD_TYPE={os.environ.get('CMAKE_BUILD_TYPE', 'Release')}",
        f"-DCMAKE_TOOLCHAIN_FILE={toolchain}",
        f"-DPython3_EXECUTABLE={sys.executable}",
    ]


def run_cmake(*arguments: str | Path) -> None:
    """Run cmake where it finds ROS 2: in a sourced installation, or in this environment."""
    environment = dict(os.environ)
    if "ROS_DISTRO" not in environment:
        environment["AMENT_PREFIX_PATH"] = environment["CMAKE_PREFIX_PATH"] = sys.prefix
        environment["PATH"] = os.pathsep.join([f"{sys.prefix}/bin", environment["PATH"]])
        environment.pop("PYTHONPATH", None)  # pip's isolation would hide rosidl from its own tools
    subprocess.run(["cmake", *arguments], check=True, env=environment)


def data_files(prefix: Path) -> list[tuple[str, list[str]]]:
    """Return every file below `prefix` by folder, as setuptools wants it."""
    folders = defaultdict(list)
    for path in sorted(prefix.rglob("*")):
        if path.is_file():
            folders[str(path.parent.relative_to(prefix))].append(str(path.relative_to(ROOT)))
    return list(folders.items())


setup(
    version=ElementTree.parse(ROOT / "package.xml").findtext("version"),
    packages=[NAME],
    cmdclass={"build_py": BuildWithCMake},
    distclass=BinaryDistribution,
)
