"""A node as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from rex_thinker_ros.apps.surroundings import executable
from rex_thinker_ros.user_error import UserError

_STOP_SECONDS = 15.0
_TAIL_LINES = 15


class NodeError(UserError):
    """The node has ended, or does not come to life; the text holds the end of its log."""


class NodeProcess:
    """Run an executable in a process group of its own, its output in a log file."""

    def __init__(
        self, parameters: Mapping[str, str], remappings: Mapping[str, str], log: Path,
        *, program: str = "refer_node",
    ) -> None:  # fmt: skip
        arguments = [part for item in parameters.items() for part in ("-p", ":=".join(item))]
        arguments += [part for item in remappings.items() for part in ("-r", ":=".join(item))]
        self._log = log
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                [sys.executable, str(executable(program)), "--ros-args", *arguments],
                env={**os.environ, "RCUTILS_COLORIZED_OUTPUT": "0", "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is ours to pass on, when we are done with it
            )

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def check(self) -> None:
        """Do nothing while the node lives.

        Raises:
            NodeError: the node has ended.
        """
        if self._process.poll() is not None:
            raise self.error(f"The node ended with exit code {self._process.returncode}.")

    def error(self, what: str) -> NodeError:
        """Return an error that says what happened and shows the end of the log."""
        lines = self._log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
        tail = "\n".join(f"  {line}" for line in lines)
        return NodeError(f"{what} The end of its log ({self._log}):\n{tail}")

    def interrupt(self) -> int:
        """End the node as Ctrl-C does and return its exit code, negative if it had to be killed."""
        for number in (signal.SIGINT, signal.SIGKILL):
            if self._process.poll() is None:
                os.killpg(self._process.pid, number)
            try:
                return self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        raise self.error("The node cannot be killed.")
