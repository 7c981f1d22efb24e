"""What a server of models does wrong, in sentences that say what to do."""

from __future__ import annotations

import json
import ssl

from rex_thinker_ros.user_error import UserError

KEY_VARIABLE = "REX_THINKER_SERVER_KEY"

_BUSY = (429, 502, 503, 504)
_KEY_REFUSED = (401, 403)
_MESSAGE_CHARACTERS = 300


class ServerError(UserError):
    """Say what is wrong with the server of models, and what to do."""


class ServerAwayError(ServerError):
    """Say that the server could not answer just now; another try may succeed."""


def broken_connection(address: object, error: Exception) -> ServerError:
    """Return what a connection's failure means."""
    reason = str(error) or type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        return ServerError(
            f"The certificate of the server {address} is not trusted ({error.verify_message}): "
            "name its authority's file in the environment variable SSL_CERT_FILE."
        )
    return ServerAwayError(
        f"The server {address} cannot be reached ({reason}): see that it runs there."
    )


def refusal(address: object, status: int, body: bytes) -> ServerError:
    """Return what an HTTP status other than 200 means, with the server's own message."""
    answer = f"{status}: {server_message(body)}"
    if status in _BUSY:
        return ServerAwayError(f"The server {address} is busy or starting ({answer}): try again.")
    if status in _KEY_REFUSED:
        return ServerError(
            f"The server {address} wants another key ({answer}): set the environment variable "
            f"{KEY_VARIABLE}."
        )
    if status >= 500:
        return ServerError(f"The server {address} failed ({answer}): see its log.")
    return ServerError(
        f"The server {address} refused the request ({answer}): see that it is OpenAI-compatible "
        "and serves a model for images."
    )


def server_message(body: bytes) -> str:
    """Return the message in the body of an error, in one short line."""
    text = body.decode("utf-8", "replace")
    try:
        content = json.loads(text)
    except ValueError:
        return short(text)
    # OpenAI and vLLM say error, FastAPI detail, and older servers message
    for key in ("error", "detail", "message"):
        if isinstance(content, dict) and key in content:
            content = content[key]
    return short(content if isinstance(content, str) else json.dumps(content))


def short(text: str) -> str:
    """Return a text in one line of bounded length."""
    line = " ".join(text.split())
    if len(line) <= _MESSAGE_CHARACTERS:
        return line
    return f"{line[:_MESSAGE_CHARACTERS]}..."
