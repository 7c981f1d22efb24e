"""A server on this machine that speaks what fetching needs of the Hugging Face hub's API."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

Files = dict[str, bytes]


def files_of(directory: Path) -> Files:
    """Return the content of a directory's files, in alphabetical order as the hub lists them."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def commit_of(files: Files) -> str:
    """Return what the hub would call this state of a repository."""
    digest = hashlib.sha1(usedforsecurity=False)
    for name, content in sorted(files.items()):
        digest.update(name.encode() + content)
    return digest.hexdigest()


@dataclass
class Hub:
    """What the server has, how it fails, and what it was asked for.

    fetched are the names of files with the first byte that was wanted of each. breaks are how many
    bytes of a file arrive until the connection breaks, once, or with stalls stops. forged is sent
    in place of a file's content; digest is what it tells as the SHA-256 of large ones.
    """

    repositories: dict[str, Files] = field(default_factory=dict)
    fetched: list[tuple[str, int]] = field(default_factory=list)
    breaks: dict[str, int] = field(default_factory=dict)
    stalls: bool = False
    stalled: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    forged: Files = field(default_factory=dict)
    digest: Callable[[bytes], str] = lambda content: hashlib.sha256(content).hexdigest()
    address: str = ""


@contextmanager
def serving() -> Iterator[Hub]:
    """Serve an empty hub, which the test fills."""
    hub = Hub()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.hub = hub
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        hub.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: Hub

    def handle_error(self, *_: Any) -> None:
        """Say nothing: clients that go away are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as the hub does: an API, addresses of files, and large files at another one."""
        hub = cast(_Server, self.server).hub
        path = unquote(urlsplit(self.path).path)
        if asked := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/(.+)", path):
            self._tell(hub, *asked.groups())
        elif asked := re.fullmatch(r"/([^/]+/[^/]+)/resolve/(\w+)/(.+)", path):
            hub_id, commit, name = asked.groups()
            files = hub.repositories[hub_id]
            assert commit == commit_of(files)
            if name.endswith(".safetensors"):
                self._answer(302, b"", {"Location": f"/cdn/{hub_id}/{name}"})
            else:
                self._send(hub, name, files[name])
        elif asked := re.fullmatch(r"/cdn/([^/]+/[^/]+)/(.+)", path):
            self._send(hub, asked[2], hub.repositories[asked[1]][asked[2]])
        else:
            self._answer(404, b"")

    def _tell(self, hub: Hub, hub_id: str, revision: str) -> None:
        files = hub.repositories.get(hub_id)
        if files is None:
            self._answer(404, b"", {"X-Error-Code": "RepoNotFound"})
        elif revision not in ("main", commit_of(files)):
            self._answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
        else:
            siblings = [_sibling(name, content, hub.digest) for name, content in files.items()]
            answer = {"id": hub_id, "sha": commit_of(files), "siblings": siblings}
            self._answer(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _send(self, hub: Hub, name: str, content: bytes) -> None:
        content = hub.forged.get(name, content)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        hub.fetched.append((name, start))
        headers = {"Content-Length": str(len(content) - start)}
        if wanted:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        end = hub.breaks.pop(name, None)
        self._answer(206 if wanted else 200, content[start:end], headers)
        if end is not None:
            self.wfile.flush()
            if hub.stalls:
                hub.stalled.set()
                hub.released.wait()
            self.close_connection = True

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _sibling(name: str, content: bytes, digest: Callable[[bytes], str]) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    sibling: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": blob}
    if name.endswith((".safetensors", ".bin")):
        sibling["lfs"] = {"size": len(content), "sha256": digest(content), "pointerSize": 134}
    return sibling
