"""Which models a server has, and the reasoner for the one that is meant."""

from __future__ import annotations

import json
import time

from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.server.connection import Address, Exchange, parse_address
from rex_thinker_ros.models.server.error import ServerError, short
from rex_thinker_ros.models.server.reasoner import ServerReasoner

_LIST_SECONDS = 10.0


def connect(profile: Profile) -> ServerReasoner:
    """Return the reasoner of profile.server, once the server is known to have its model.

    Raises:
        ServerError: the server does not answer, or has no such model; the text lists what it has.
    """
    address = parse_address(profile.server)
    return ServerReasoner(address, _choose(profile.server_model, address), profile)


def served_models(address: Address) -> list[str]:
    """Return the names of the models that a server lists; ServerError if it does not answer."""
    body = _fetch(address, "/v1/models")
    try:
        return [str(model["id"]) for model in json.loads(body)["data"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ServerError(
            f"The server {address} does not list its models ({short(body)!r}): see that its "
            "address is that of an OpenAI-compatible server."
        ) from error


def _choose(wanted: str, address: Address) -> str:
    served = served_models(address)
    # transformers' server lists what it has in its cache, not a directory that it was given
    if wanted in served or (wanted and not served):
        return wanted
    if not wanted and len(served) == 1:
        return served[0]
    what = f"has no model {wanted!r}" if wanted else "does not say by itself which model is meant"
    choice = f"choose one of its {', '.join(served)}" if served else "name one"
    raise ServerError(f"The server {address} {what}: {choice} as its model.")


def _fetch(address: Address, path: str) -> str:
    deadline = time.monotonic() + _LIST_SECONDS
    exchange = Exchange(address, path)
    lines: list[bytes] = []
    try:
        while line := exchange.line(max(0.0, deadline - time.monotonic())):
            lines.append(line)
    finally:
        exchange.close()
    if line is None:
        raise ServerError(
            f"The server {address} did not list its models in {_LIST_SECONDS:g} s: see its log."
        )
    return b"".join(lines).decode("utf-8", "replace")
