"""Turn scenes into token sequences for the reasoner, with what its auxiliary losses need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from transformers import PreTrainedTokenizerFast

from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.prompt import Prompt, build_prompt, smart_resize
from rex_thinker_ros.training.asking import KINDS, ask
from rex_thinker_ros.training.questions import Question, Seen, UnclearError
from rex_thinker_ros.training.scene_object import SceneObject
from rex_thinker_ros.training.trace_writer import Piece
from rex_thinker_ros.training.traces import write_trace
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS

BOUNDS = load_profile("demo").bounds
FINDS = 20  # names at most that a drill looks for
DISTRACTORS = 0.25  # share of questions whose hint holds boxes that are no such object


@dataclass(frozen=True)
class Example:
    """Tokens of the user's text after the image and of the completion.

    `ids` starts right after the image's end token; from `answer_start` on the model is graded.
    `copies`: (position, source) pairs, token `position` repeats token `source`. `looks`: (position,
    box in resized pixels), token `position` can be told by looking there; `seeks`: likewise, but
    only a name tells where. `measured`: positions of
    numbers that are estimates. `box_ends`: (position, box), where a box has just been written.
    `evidence`: (position, source) pairs, token `source` decides token `position`; `lines`: token
    `source` is the number of the candidate that token `position` is about. `asked`: where `source`
    is the same word in the question, or token `position` itself if the question names another.
    `free`: positions that nothing tells, not graded; `absent`: where the image lacks something.
    """

    ids: np.ndarray
    answer_start: int
    copies: tuple[tuple[int, int], ...]
    looks: tuple[tuple[int, Box], ...]
    seeks: tuple[tuple[int, Box], ...]
    measured: tuple[int, ...]
    box_ends: tuple[tuple[int, Box], ...]
    evidence: tuple[tuple[int, int], ...]
    lines: tuple[tuple[int, int], ...]
    asked: tuple[tuple[int, int], ...]
    free: tuple[int, ...]
    absent: tuple[int, ...]


def resize_objects(objects: Sequence[SceneObject], image: Size) -> list[Seen]:
    """Return the objects with their boxes scaled to the resized image."""
    resized = smart_resize(image, BOUNDS)
    return [Seen(o.category, o.color, o.box.scaled(image, resized), (o.x, o.y)) for o in objects]


def as_detected(objects: Sequence[Seen], resized: Size, rng: np.random.Generator) -> list[Seen]:
    """Return the objects with boxes as a detector gives them: a little off, whole pixels."""
    out = []
    for item in objects:
        edges = np.array(item.box.as_tuple())
        spread = 0.04 * np.array([item.box.width, item.box.height] * 2) + 0.3
        edges = edges + np.clip(rng.normal(0, 1, 4), -2, 2) * spread
        limits = np.array([resized.width, resized.height] * 2) - 1
        x0, y0, x1, y1 = np.clip(edges, 0, limits).astype(int)
        out.append(replace(item, box=Box(x0, y0, max(x1, x0 + 2), max(y1, y0 + 2))))
    return out


def draw_question(
    objects: Sequence[SceneObject], image: Size, rng: np.random.Generator,
    kinds: Mapping[str, float] = KINDS,
) -> Question:  # fmt: skip
    """Draw a question about a scene as the reasoner meets it, false detections included."""
    resized = smart_resize(image, BOUNDS)
    seen = as_detected(resize_objects(objects, image), resized, rng)
    while True:
        try:
            question = ask(seen, resized, rng, kinds=kinds)
        except UnclearError:
            continue
        if rng.random() < DISTRACTORS:
            return _add_distractors(question, seen, resized, rng)
        return question


def _add_distractors(
    question: Question, seen: Sequence[Seen], resized: Size, rng: np.random.Generator
) -> Question:
    others = [o for o in seen if o.category != question.category and o is not question.anchor]
    extra = list(rng.permutation(len(others))[: int(rng.integers(1, 3))])
    false = [others[i] for i in extra]
    if rng.random() < 0.3:
        empty = _empty_box(seen, resized, rng)
        false += [empty] if empty else []
    mixed = list(question.candidates) + false
    order = rng.permutation(len(mixed))
    place = {int(old): new for new, old in enumerate(order)}
    targets = tuple(sorted(place[i] for i in question.targets))
    return replace(question, candidates=tuple(mixed[int(i)] for i in order), targets=targets)


def _empty_box(seen: Sequence[Seen], resized: Size, rng: np.random.Generator) -> Seen | None:
    side = rng.integers(16, 60, 2)
    x, y = rng.integers(0, resized.width - side[0]), rng.integers(0, resized.height - side[1])
    box = Box(float(x), float(y), float(x + side[0]), float(y + side[1]))
    return None if any(box.iou(o.box) > 0.02 for o in seen) else Seen("", "", box)


def question_prompt(question: Question, resized: Size) -> Prompt:
    """Return the prompt exactly as the node builds it."""
    # Half a pixel in: v / width * width may fall just short of v, and would lose a pixel.
    candidates = [
        Candidate(number, Box(*(edge + 0.5 for edge in item.box.as_tuple())), 1.0)
        for number, item in enumerate(question.candidates, 1)
    ]
    return build_prompt(
        expression=question.expression, category=question.category, candidates=candidates,
        image_size=resized, bounds=BOUNDS,
    )  # fmt: skip


def turn_after_image(prompt: Prompt) -> str:
    """Return what stands between the image and the completion."""
    return f"{prompt.user}<|im_end|>\n<|im_start|>assistant\n"


def draw_finds(
    objects: Sequence[SceneObject], image: Size, rng: np.random.Generator
) -> list[tuple[tuple[str, str], Seen | None]]:
    """Draw up to FINDS (color, category) names, and for each the one object that has it, or None.

    Names that several objects share are left out; missing ones differ from what is there by
    color or by category alone.
    """
    seen = resize_objects(objects, image)
    names = Counter((item.color, item.category) for item in seen)
    there = [((o.color, o.category), o) for o in seen if names[o.color, o.category] == 1]
    missing = [
        ((color, category), None)
        for color in COLORS
        for category in CATEGORIES
        if (color, category) not in names and any(color == a or category == b for a, b in names)
    ]
    chosen = [missing[int(i)] for i in rng.permutation(len(missing))[: max(2, len(there))]]
    both = [*there, *chosen]
    return [both[int(i)] for i in rng.permutation(len(both))[:FINDS]]


def encode(
    question: Question, resized: Size, tokenizer: PreTrainedTokenizerFast,
    pieces: Sequence[Piece] | None = None,
) -> Example:  # fmt: skip
    """Tokenise a question and its trace, and carry the trace's annotations over to tokens.

    `pieces` stand in for the trace where a drill is written.
    """
    prompt = question_prompt(question, resized)
    head = turn_after_image(prompt)
    pieces = write_trace(question) if pieces is None else pieces
    text = head + "".join(piece.text for piece in pieces) + "<|im_end|>"
    encoding = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    token_at = {start: i for i, (start, _) in enumerate(encoding["offset_mapping"])}
    hint = _hint_positions(head, token_at)
    starts: list[int] = []
    offset = len(head)
    for piece in pieces:
        starts.append(token_at[offset])
        offset += len(piece.text)
    known = list(zip(pieces, starts, strict=True))
    return Example(
        ids=np.array(encoding["input_ids"]),
        answer_start=token_at[len(head)],
        copies=tuple((at, _source(p, starts, hint)) for p, at in known if p.source is not None),
        looks=tuple((at, piece.look) for piece, at in known if piece.look is not None),
        seeks=tuple((at, piece.seek) for piece, at in known if piece.seek is not None),
        measured=tuple(at for piece, at in known if piece.measured),
        box_ends=(
            *_hint_ends(question, hint),
            *((at, p.place) for p, at in known if p.place is not None),
        ),
        evidence=tuple((at, starts[p.evidence]) for p, at in known if p.evidence is not None),
        lines=tuple((at, starts[p.line]) for p, at in known if p.line is not None),
        asked=tuple(_asked(question, head, token_at, known)),
        free=tuple(at for piece, at in known if piece.free),
        absent=tuple(at for piece, at in known if piece.absent),
    )


def _hint_positions(head: str, token_at: dict[int, int]) -> list[list[int]]:
    """Return the tokens of each hint box's four numbers."""
    positions: list[list[int]] = []
    start = head.index("[[") + 2
    end = head.index("]]}")
    for box in head[start:end].split("], ["):
        row = []
        for number in box.split(", "):
            row.append(token_at[start])
            start += len(number) + 2
        positions.append(row)
        start += 2
    return positions


def _hint_ends(question: Question, hint: list[list[int]]) -> list[tuple[int, Box]]:
    return [(row[3] + 1, c.box) for row, c in zip(hint, question.candidates, strict=True)]


def _asked(
    question: Question, head: str, token_at: dict[int, int], known: list[tuple[Piece, int]]
) -> Iterator[tuple[int, int]]:
    """Yield what each color, category and side repeats: of the question, or said before."""
    color = head.index(question.color, head.index("\nPlease detect ")) if question.color else 0
    category = head.index(f'"{question.category}"') + 1
    for piece, at in known:
        if piece.asked is False:
            yield at, at
        elif piece.asked is True:
            yield at, token_at[category if piece.text == question.category else color]
        elif piece.asked is not None:
            yield at, known[piece.asked][1]


def _source(piece: Piece, starts: list[int], hint: list[list[int]]) -> int:
    if isinstance(piece.source, int):
        return starts[piece.source]
    assert piece.source is not None
    candidate, edge = piece.source
    return hint[candidate][edge]
