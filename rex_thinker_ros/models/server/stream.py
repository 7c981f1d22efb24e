"""What a chat completion streams back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rex_thinker_ros.models.server.error import ServerError, server_message, short
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.reasoner import Completion, StopReason


@dataclass(frozen=True, slots=True)
class Delta:
    """Hold what one event of a stream adds.

    Servers with a parser for reasoning, as transformers' own always has for Qwen, send what stands
    between <think> and </think> apart: that is thought, without these tags. lead is how far, in
    logits, the best token was ahead of the next best, the least of the event's tokens; None where
    the server does not say. finish says why the stream ends, empty before that. total is the count
    of all tokens, where the server gives one.
    """

    text: str = ""
    thought: str = ""
    tokens: int = 0
    lead: float | None = None
    finish: str = ""
    total: int | None = None


def parse_event(line: bytes) -> Delta | None:
    """Return what a line of the stream adds; None for one that adds nothing, such as the last.

    Raises ServerError for an error that the server reports, and for what is no event.
    """
    text = line.decode("utf-8", "replace").strip()
    if not text or text.startswith((":", "event:", "id:", "retry:")) or text == "data: [DONE]":
        return None
    try:
        event = json.loads(text.removeprefix("data:"))
        if "error" in event:
            message = server_message(json.dumps(event).encode())
            raise ServerError(f"The server failed ({message}): see its log.")
        return _delta(event)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ServerError(
            f"The server sent what is no chat completion ({short(text)!r}): see that its address "
            "is that of an OpenAI-compatible server."
        ) from error


def _delta(event: dict[str, Any]) -> Delta:
    total = (event.get("usage") or {}).get("completion_tokens")
    if not event["choices"]:
        return Delta(total=total)
    choice = event["choices"][0]
    message = choice.get("delta") or {}
    entries = (choice.get("logprobs") or {}).get("content") or []
    text = message.get("content") or ""
    thought = message.get("reasoning_content") or message.get("reasoning") or ""
    leads = [lead for entry in entries if (lead := _lead(entry)) is not None]
    return Delta(
        text="" + text,  # TypeError unless it is a text
        thought="" + thought,
        tokens=len(entries) or int(bool(text or thought)),
        lead=min(leads, default=None),
        finish=choice.get("finish_reason") or "",
        total=total,
    )


def _lead(entry: dict[str, Any]) -> float | None:
    best = sorted((float(top["logprob"]) for top in entry["top_logprobs"]), reverse=True)
    return best[0] - best[1] if len(best) > 1 else None


class Transcript:
    """Put the pieces of a stream together, and pass their text on."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        self.text = ""
        self.tokens = 0
        self._on_text = on_text
        self._margins: list[PieceMargin] = []
        self._thinking = False
        self._least: float | None = None  # among the tokens of a piece that is not whole yet

    def add(self, delta: Delta) -> None:
        """Add what one event brought."""
        self.tokens = self.tokens + delta.tokens if delta.total is None else delta.total
        if delta.lead is not None:
            self._least = delta.lead if self._least is None else min(self._least, delta.lead)
        piece = self._piece(delta)
        if not piece:
            return
        start = len(self.text)
        self.text += piece
        if self._least is not None:
            self._margins.append(PieceMargin(start, len(self.text), self._least))
            self._least = None
        self._on_text(piece)

    def _piece(self, delta: Delta) -> str:
        piece = ""
        if delta.thought:
            piece += delta.thought if self._thinking else f"<think>{delta.thought}"
            self._thinking = True
        if delta.text:
            piece += f"</think>{delta.text}" if self._thinking else delta.text
            self._thinking = False
        return piece

    def completion(self, stop: StopReason) -> Completion:
        """Return all that came."""
        return Completion(self.text, stop, self.tokens, tuple(self._margins))
