"""Where files lie, and a corner of the ROS graph that nobody else is in."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

from ament_index_python.packages import get_package_prefix

from rex_thinker_ros.shared_path import shared_path

PACKAGE = "rex_thinker_ros"
_CHECKOUT = Path(__file__).resolve().parents[2]
_DOMAINS = range(51, 102)  # below is for people; above, the ports of DDS meet those of Linux
_OLD_FAST_DDS = ("humble", "iron", "jazzy")
_claims: list[socket.socket] = []


def checkout() -> Path | None:
    """Return the source tree that this module runs from; None if it is installed."""
    return _CHECKOUT if (_CHECKOUT / "package.xml").is_file() else None


def executable(name: str) -> Path:
    """Return the path of an installed executable of this package."""
    return Path(get_package_prefix(PACKAGE), "lib", PACKAGE, name)


def isolate() -> int:
    """Put this process and its children on a free ROS domain of this machine; return its id.

    The shared-memory profile for images is set unless the environment names another one.
    """
    domain = _free_domain()
    os.environ["ROS_DOMAIN_ID"] = str(domain)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    prefix = "FASTRTPS" if os.environ.get("ROS_DISTRO") in _OLD_FAST_DDS else "FASTDDS"
    profile = shared_path("config/fastdds_shm64.xml")
    os.environ.setdefault(f"{prefix}_DEFAULT_PROFILES_FILE", str(profile))
    return domain


def _free_domain() -> int:
    # in random order, so that two demos that start at once hardly meet
    for domain in random.sample(_DOMAINS, len(_DOMAINS)):
        if _is_free(domain) and _claim(domain):
            return domain
    raise OSError(f"the ROS domains {_DOMAINS[0]} to {_DOMAINS[-1]} of this machine are all taken")


def _is_free(domain: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", 7410 + 250 * domain))  # DDS: first participant of the domain
        except OSError:
            return False
    return True


def _claim(domain: int) -> bool:
    """Keep a name that only one process of this machine can have, while this process runs.

    The nodes that are about to start take the domain's port only seconds later.
    """
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0{PACKAGE}/ROS_DOMAIN_ID={domain}")  # Linux: a name that is no file
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True
