"""transformers' own server as a real process, with the embedded reasoner as "demo/reasoner".

Run as a script it is that process. All of it is theirs, but for the processor, which cannot be
built without torchvision and which QwenInputs stands in for; a key, which theirs has no use for;
and a pause and a line of output for each token, to see what a cancel does.
"""

from __future__ import annotations

import base64
import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

PATIENCE = 120.0  # seconds; only a hang takes that long
MODEL = "demo/reasoner"
ROOT = Path(__file__).parents[2]
_KEY_VARIABLE, _PAUSE_VARIABLE = "TEST_KEY", "TEST_PAUSE_SECONDS"
_TOKEN_LINE = "one token"


class ModelServer:
    """A server on a port of its own, and what it printed."""

    def __init__(self, cache: Path, *, port: int = 0, pause: float = 0.0, key: str = "") -> None:
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self.port)],
            env={
                **os.environ,
                "HF_HUB_CACHE": str(_fill(cache)),
                "HF_HUB_OFFLINE": "1",
                _KEY_VARIABLE: key,
                _PAUSE_VARIABLE: str(pause),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def tokens(self) -> int:
        """Return how many tokens it has generated so far."""
        return sum(_TOKEN_LINE in line for line in self.lines)

    def wait_until_ready(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + PATIENCE
        while not _is_healthy(self.url):
            assert self._process.poll() is None, f"the server ended: {''.join(self.lines)}"
            assert time.monotonic() < deadline, f"it does not start: {''.join(self.lines)}"
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE)
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line)


@contextmanager
def running_server(
    cache: Path, *, port: int = 0, pause: float = 0.0, key: str = ""
) -> Iterator[ModelServer]:
    """Run a server; it does not outlive the test."""
    server = ModelServer(cache, port=port, pause=pause, key=key)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=1.0) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _fill(cache: Path) -> Path:
    # as a download leaves it, so that the server lists the model by itself
    repository = cache / "models--demo--reasoner"
    snapshot = repository / "snapshots" / ("0" * 40)
    if not snapshot.exists():
        snapshot.mkdir(parents=True)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(snapshot.name)
        for file in (ROOT / "rex_thinker_ros" / "weights" / "demo" / "reasoner").iterdir():
            (snapshot / file.name).symlink_to(file)
    return cache


class _Processor:
    """Make the model's inputs out of chat messages, as Qwen2_5_VLProcessor does."""

    def __init__(self, model: str) -> None:
        from huggingface_hub import snapshot_download
        from transformers import AutoTokenizer

        from rex_thinker_ros.models.profiles import load_profile
        from rex_thinker_ros.models.qwen_inputs import QwenInputs

        directory = Path(snapshot_download(model.partition("@")[0]))
        self.tokenizer = AutoTokenizer.from_pretrained(directory)
        self._inputs = QwenInputs(directory, load_profile("demo").bounds)

    def apply_chat_template(self, messages: list[dict[str, Any]], **_: Any) -> Any:
        """Return tensors; what was sent must be the image that the prompt is about."""
        import numpy as np
        from PIL import Image
        from transformers import BatchFeature

        from rex_thinker_ros.referring.boxes import Size
        from rex_thinker_ros.referring.prompt import Prompt

        system, user = messages
        image, text = user["content"]
        assert (image["type"], text["type"]) == ("image", "text"), "the image stands first"
        data = base64.b64decode(re.sub("^data:image/(png|jpeg);base64,", "", image["url"]))
        picture = Image.open(io.BytesIO(data))
        prompt = Prompt(
            system=system["content"][0]["text"], user=text["text"], expression="", category="",
            hint_boxes=(), resized=Size(*picture.size),
        )  # fmt: skip
        return BatchFeature(self._inputs(np.asarray(picture), prompt))


def _serve(port: int) -> None:
    from transformers.cli import serve
    from transformers.cli.serving import model_manager, server, utils

    key, pause = os.environ[_KEY_VARIABLE], float(os.environ[_PAUSE_VARIABLE])
    build, put = server.build_server, utils.DirectStreamer.put

    def build_with_key(*arguments: Any, **options: Any) -> Any:
        from fastapi.responses import JSONResponse

        app = build(*arguments, **options)

        async def ask_for_key(request: Any, call_next: Any) -> Any:
            given = request.headers.get("authorization")
            if key and request.url.path != "/health" and given != f"Bearer {key}":
                return JSONResponse({"error": {"message": "Invalid API key"}}, 401)
            return await call_next(request)

        app.middleware("http")(ask_for_key)
        return app

    def put_slowly(self: Any, value: Any) -> None:
        put(self, value)
        print(_TOKEN_LINE, flush=True)
        time.sleep(pause)

    with (
        mock.patch.object(server, "build_server", build_with_key),
        mock.patch.object(utils.DirectStreamer, "put", put_slowly),
        mock.patch.object(
            model_manager.ModelManager, "_load_processor", lambda _, model, **__: _Processor(model)
        ),
    ):
        serve.Serve(force_model=MODEL, device="cpu", host="127.0.0.1", port=port)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
