"""HTTP to a server of models: what is asked can be left at any moment."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import Empty, Queue
from urllib.parse import urlsplit

from rex_thinker_ros.models.server.error import (
    KEY_VARIABLE,
    ServerError,
    broken_connection,
    refusal,
)

CONNECT_SECONDS = 5.0
_LINE_BYTES = 1 << 20
_ERROR_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Address:
    """Hold where a server listens; path stands before /v1."""

    secure: bool
    host: str
    port: int | None
    path: str

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{'https' if self.secure else 'http'}://{self.host}{port}{self.path}"


def parse_address(url: str) -> Address:
    """Return the address that a URL such as http://gpu-box:8000 names, with or without /v1.

    Raises ServerError for anything else, and for a URL with a user or a password in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ServerError(f"The server {url!r} is no URL: {error}.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ServerError(f"The server {url!r} is no URL: write it as http://HOST:PORT.")
    if parts.username or parts.password or parts.query:
        raise ServerError(
            f"The URL of the server {parts.hostname} holds more than an address: leave it out, and "
            f"put a key into the environment variable {KEY_VARIABLE}."
        )
    path = parts.path.rstrip("/").removesuffix("/v1")
    return Address(parts.scheme == "https", parts.hostname, port, path)


class Exchange:
    """One request and the lines of its answer, which a thread of its own reads.

    No call blocks for longer than it was told to, and close ends the request at once: the server
    sees the connection end, whatever it was doing.
    """

    def __init__(self, address: Address, path: str, body: bytes | None = None) -> None:
        """Send a GET, or a POST of a body of JSON; ServerError for a key that cannot be sent."""
        self._address = address
        self._lines: Queue[bytes | ServerError] = Queue()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._closed = False
        arguments = (path, body, _headers())
        threading.Thread(target=self._run, args=arguments, name="server", daemon=True).start()

    def line(self, seconds: float) -> bytes | None:
        """Return the next line, b"" after the last one, or None if none came in time.

        Raises ServerAwayError where another try may succeed, and ServerError for other faults.
        """
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            return None
        if isinstance(line, ServerError):
            raise line
        return line

    def close(self) -> None:
        """End the request; what was not read is lost."""
        with self._lock:
            self._closed = True
            if self._socket is not None:
                with suppress(OSError):
                    # not the method of a TLS socket, which the reading thread would stumble over
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _run(self, path: str, body: bytes | None, headers: dict[str, str]) -> None:
        connection = self._connection()
        try:
            self._read(connection, path, body, headers)
            self._lines.put(b"")
        except ServerError as error:
            self._lines.put(error)
        except (OSError, HTTPException) as error:
            self._lines.put(broken_connection(self._address, error))
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        host, port = self._address.host, self._address.port
        if not self._address.secure:
            return HTTPConnection(host, port, timeout=CONNECT_SECONDS)
        context = ssl.create_default_context()
        return HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=context)

    def _read(
        self, connection: HTTPConnection, path: str, body: bytes | None, headers: dict[str, str]
    ) -> None:
        connection.connect()
        with self._lock:
            if self._closed:
                return
            self._socket = connection.sock
        # from here on the caller's patience counts, and close wakes this thread
        self._socket.settimeout(None)
        method = "GET" if body is None else "POST"
        connection.request(method, self._address.path + path, body, headers)
        with connection.getresponse() as response:
            if response.status != 200:
                raise refusal(self._address, response.status, response.read(_ERROR_BYTES))
            while line := response.readline(_LINE_BYTES):
                self._lines.put(line)


def _headers() -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ServerError(f"{KEY_VARIABLE} holds what no key can: set it again.")
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return headers
