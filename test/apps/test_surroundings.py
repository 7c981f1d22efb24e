"""A corner of the ROS graph that nobody else is in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rex_thinker_ros.apps import surroundings

ISOLATE = "from rex_thinker_ros.apps import surroundings; surroundings._DOMAINS = range({}, {}); "


def isolated(first: int, end: int, then: str) -> subprocess.Popen[str]:
    """Start a process that isolates itself on one of some domains, and does something then."""
    return subprocess.Popen(
        [sys.executable, "-c", ISOLATE.format(first, end) + f"surroundings.isolate(); {then}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_domain_goes_to_one_process_even_before_its_nodes_start() -> None:
    shows = "import os; print(os.environ['ROS_DOMAIN_ID'], flush=True); input()"
    with isolated(102, 104, shows) as first, isolated(102, 104, shows) as second:
        assert first.stdout
        assert second.stdout
        assert {first.stdout.readline(), second.stdout.readline()} == {"102\n", "103\n"}
        with isolated(102, 104, "") as third:
            _, errors = third.communicate()
        first.communicate("\n")
        second.communicate("\n")
    assert "the ROS domains 102 to 103 of this machine are all taken" in errors
    with isolated(102, 104, "print('free again')") as last:
        assert last.communicate()[0] == "free again\n"


def test_a_domain_whose_port_is_in_use_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())  # what isolate sets ends with the test
    monkeypatch.setattr(surroundings, "_DOMAINS", range(104, 106))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 7410 + 250 * 104))
        assert surroundings.isolate() == 105
    assert os.environ["ROS_DOMAIN_ID"] == "105"
    assert Path(os.environ["FASTDDS_DEFAULT_PROFILES_FILE"]).is_file()
