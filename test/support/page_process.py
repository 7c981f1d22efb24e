"""The command `web` as a real process, with a reasoner that takes its time.

Run as a script it is that process: the page, with the pause of the environment after each token,
and without ROS where that is asked for.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

from rex_thinker_ros.apps.web import main
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.detector import Detector, RgbImage
from rex_thinker_ros.referring.prompt import Prompt
from rex_thinker_ros.referring.reasoner import Completion, Reasoner

PATIENCE = 120.0  # seconds; only a hang takes that long
WITHOUT_ROS_VARIABLE = "TEST_WITHOUT_ROS"
_PAUSE_VARIABLE = "TEST_PAUSE_SECONDS"


class PageProcess:
    """A page with the embedded pair of models, and what it printed."""

    def __init__(self, *arguments: str, pause: float, environment: Mapping[str, str]) -> None:
        command = [sys.executable, __file__, "--model", "demo", "--device", "cpu", "--port", "0"]
        self._process = subprocess.Popen(
            [*command, *arguments],
            env={**os.environ, **environment, _PAUSE_VARIABLE: str(pause)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        self.address = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until_ready(self) -> None:
        """Wait until it has said where it is."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(r"The page is at (http://\S+)\n", self.output)):
            assert self._process.poll() is None, f"the page ended: {self.output}"
            assert time.monotonic() < deadline, f"the page does not start: {self.output}"
            time.sleep(0.1)
        self.address = found[1]

    def stop(self) -> int:
        """Interrupt it as Ctrl-C does; return its exit code."""
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(PATIENCE)
        self._reader.join()
        return code

    def kill(self) -> None:
        """End a process that a failed test left behind."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.output += line


@contextmanager
def running_page(
    *arguments: str, pause: float = 0.0, environment: Mapping[str, str] | None = None
) -> Iterator[PageProcess]:
    """Run a page, and see that it ends in order, without any traceback."""
    process = PageProcess(*arguments, pause=pause, environment=environment or {})
    try:
        process.wait_until_ready()
        yield process
        assert process.stop() == 128 + signal.SIGINT, process.output
        assert "Traceback" not in process.output, process.output
    finally:
        process.kill()


class _PausingReasoner:
    """Reason as another does, with a pause after each piece of text."""

    def __init__(self, reasoner: Reasoner, pause: float) -> None:
        self.name, self.bounds = reasoner.name, reasoner.bounds
        self._reasoner = reasoner
        self._pause = pause

    def reason(
        self, image: RgbImage, prompt: Prompt, on_text: Callable[[str], None], cancel: CancelToken
    ) -> Completion:
        def say(piece: str) -> None:
            on_text(piece)
            time.sleep(self._pause)

        return self._reasoner.reason(image, prompt, say, cancel)


def _main() -> int:
    pause = float(os.environ[_PAUSE_VARIABLE])

    def load_pausing(*arguments: Any, **options: Any) -> tuple[Detector, Reasoner]:
        detector, reasoner = load_models(*arguments, **options)
        return detector, _PausingReasoner(reasoner, pause)

    hidden = {"rclpy": None} if os.environ.get(WITHOUT_ROS_VARIABLE) else {}
    with (
        mock.patch("rex_thinker_ros.apps.web.load_models", load_pausing),
        mock.patch.dict(sys.modules, hidden),
    ):
        return main()


if __name__ == "__main__":
    sys.exit(_main())
