"""The pieces of a trace, and what has been said of each candidate while it is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.training.questions import Question


@dataclass(frozen=True)
class Piece:
    """Text of a trace with what training may know about it.

    `source`: index of the earlier piece whose text this one repeats, or (candidate, edge) where
    it repeats a number of the prompt's hint. `look`: the box (resized pixels) in which the answer
    is to be seen, `seek` likewise where only a name tells it. `measured`: a number that is
    estimated, so that a near miss is nearly right. `evidence`: the earlier piece that decides this
    one. `line`: the earlier piece with the number of the candidate that this piece is about.
    `asked`: whether this is what the question names, or the earlier piece that says the same.
    `place`: a box (resized pixels) that has been told when this piece is read. `free`: nothing
    tells that this comes, so that it is not graded. `absent`: the image shows nothing of the kind.
    """

    text: str
    source: int | tuple[int, int] | None = None
    look: Box | None = None
    measured: bool = False
    evidence: int | None = None
    line: int | None = None
    asked: bool | int | None = None
    place: Box | None = None
    free: bool = False
    absent: bool = False
    seek: Box | None = None


@dataclass(frozen=True)
class Anchor:
    """The pieces of an anchor's x and y."""

    x: int
    y: int


@dataclass
class TraceWriter:
    """Collects the pieces of a question's trace, and where in it later ones find what they need."""

    question: Question
    pieces: list[Piece] = field(default_factory=list)
    boxes: dict[int, list[int]] = field(default_factory=dict)  # candidate -> pieces of its box
    keys: dict[int, int] = field(default_factory=dict)  # candidate -> piece of its key
    marks: dict[int, int] = field(default_factory=dict)  # candidate -> piece of its mark
    chosen: int | None = None  # the piece that settles the choice, where one does
    ends: dict[int, int] = field(default_factory=dict)  # candidate -> piece that ends its box
    anchor: Anchor | None = None
    wanted: int | None = None  # the piece that names the side that is asked for

    def say(
        self, text: str, source: int | tuple[int, int] | None = None, look: Box | None = None,
        *, measured: bool = False, evidence: int | None = None, line: int | None = None,
        asked: bool | int | None = None, place: Box | None = None, free: bool = False,
        absent: bool = False, seek: Box | None = None,
    ) -> int:  # fmt: skip
        """Add a piece; return its index."""
        self.pieces.append(
            Piece(text, source, look, measured, evidence, line, asked, place, free, absent, seek)
        )
        return len(self.pieces) - 1

    @property
    def noun(self) -> str:
        """Return how the candidates are called at the beginning of a line."""
        return self.question.category.capitalize()
