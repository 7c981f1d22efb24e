"""How surely the model wrote what decides: the marks of its summary and the digits of its boxes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rex_thinker_ros.referring.answer import MARK, summary_span

_NUMBER = re.compile(r"(?<!\w)[0-9]+")  # not the 2 of bbox_2d


@dataclass(frozen=True, slots=True)
class PieceMargin:
    """Hold how far ahead of the next best a piece of text was.

    The piece is text[start:end]; margin is the least difference of the two best logits, the
    checkpoint's own penalties included, over the tokens that wrote it.
    """

    start: int
    end: int
    margin: float


def deciding_margin(text: str, margins: Sequence[PieceMargin]) -> float | None:
    """Return the least margin among the pieces that decide, in logits.

    These are the marks of the last summary and the numbers of the answer. It is not calibrated:
    it orders answers of one model, and says nothing about how often they are right. None if the
    text has nothing of the kind, or the margins are not known.
    """
    start, end = summary_span(text)
    answer = text.rfind("<answer>")
    spans = [match.span() for match in MARK.finditer(text, start, end)]
    if answer >= 0:
        spans += [match.span() for match in _NUMBER.finditer(text, answer)]
    deciding = [
        piece.margin
        for piece in margins
        if any(piece.start < high and low < piece.end for low, high in spans)
    ]
    return min(deciding, default=None)
