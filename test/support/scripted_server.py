"""An HTTP server that answers chat completions with what a test wrote down."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MODEL = "scripted"


@dataclass
class Answer:
    """What one request is answered with: a status, then lines, then silence for some seconds."""

    lines: Sequence[bytes] = ()
    status: int = 200
    silence: float = 0.0


@dataclass
class Script:
    """Answers in order, the last for all that follow; and the bodies that came."""

    answers: list[Answer]
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def event(text: str = "", finish: str | None = None, leads: Sequence[float] = ()) -> bytes:
    """Return a line with a piece of text; leads are those of its tokens, in logits."""
    tops = [[{"logprob": -0.1}, {"logprob": -0.1 - lead}] for lead in leads]
    choice: dict[str, Any] = {"delta": {"content": text}, "finish_reason": finish}
    if leads:
        choice["logprobs"] = {"content": [{"top_logprobs": top} for top in tops]}
    return data({"choices": [choice]})


def data(content: object) -> bytes:
    """Return the line of an event."""
    return f"data: {json.dumps(content)}\n\n".encode()


DONE = b"data: [DONE]\n\n"


@contextmanager
def scripted_server(*answers: Answer, certificate: Path | None = None) -> Iterator[Script]:
    """Run a server on a thread of its own; with a certificate and its key, over TLS."""
    script = Script(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(Answer([data({"data": [{"id": MODEL}]}).removeprefix(b"data: ")]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            script.bodies.append(json.loads(body))
            self._answer(script.next_answer())

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.end_headers()
            for line in answer.lines:
                self.wfile.write(line)
                self.wfile.flush()
            time.sleep(answer.silence)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    script.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    yield script
    server.shutdown()
    server.server_close()
