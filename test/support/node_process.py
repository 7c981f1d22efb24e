"""The package's executables as real processes."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).parents[2]
NO_NAMES: Mapping[str, str] = MappingProxyType({})
PATIENCE = 90.0  # seconds; only a hang takes that long
_WORKERS = 3  # of pytest-xdist, each with domains of its own
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _WORKERS
_DOMAINS = 50  # the package's own programs look for a free one above these
_domains = itertools.count(os.getpid())


def next_domain() -> int:
    """Return a ROS domain id of its own for each test module or test."""
    return next(_domains) % (_DOMAINS // _WORKERS) * _WORKERS + _worker + 1


class NodeProcess:
    """An executable in a process group of its own, its output collected."""

    def __init__(
        self,
        domain: int,
        parameters: Mapping[str, object],
        remappings: Mapping[str, str] = NO_NAMES,
        *,
        executable: str = "refer_node",
    ) -> None:
        values = [f"{name}:={_yaml(value)}" for name, value in parameters.items()]
        arguments = [part for value in values for part in ("-p", value)]
        arguments += [part for item in remappings.items() for part in ("-r", ":=".join(item))]
        environment = {
            **os.environ,
            "ROS_DOMAIN_ID": str(domain),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            "FASTDDS_DEFAULT_PROFILES_FILE": str(ROOT / "config/fastdds_shm64.xml"),
        }
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "bin" / executable), "--ros-args", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        self.lines.extend(iter(self._process.stdout.readline, ""))

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def wait_for_line(self, text: str) -> None:
        """Wait until the node has logged `text`."""
        deadline = time.monotonic() + PATIENCE
        while not any(text in line for line in self.lines):
            assert self._process.poll() is None, f"the node ended: {self.lines}"
            assert time.monotonic() < deadline, f"'{text}' is missing: {self.lines}"
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group, as a terminal does."""
        os.killpg(self._process.pid, number)

    def wait(self) -> int:
        """Return the exit code."""
        code = self._process.wait(PATIENCE)
        self._reader.join()
        return code

    def stop(self) -> int:
        """Interrupt the node as Ctrl-C does, and return its exit code."""
        if self._process.poll() is None:
            self.signal(signal.SIGINT)
        return self.wait()

    def kill(self) -> None:
        """End a process that a failed test left behind."""
        if self._process.poll() is None:
            self.signal(signal.SIGKILL)
            self.wait()


@contextmanager
def running_node(
    domain: int,
    parameters: Mapping[str, object],
    remappings: Mapping[str, str] = NO_NAMES,
) -> Iterator[NodeProcess]:
    """Run the node, ready for commands, and see that it ends in order."""
    process = NodeProcess(domain, parameters, remappings)
    try:
        process.wait_for_line("Ready for commands")
        yield process
        assert process.stop() == 0
    finally:
        process.kill()


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


StartNode = Callable[[int, Mapping[str, object]], NodeProcess]
"""Start a node process in a domain with parameters; it does not outlive the test."""
