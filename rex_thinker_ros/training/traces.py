"""Write the reasoning that answers a question, piece by piece, in the model's wire format."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.reasoning_form import (
    AGAINST,
    AHEAD,
    ASIDE,
    FIND,
    LOOK,
    MEASURES,
    SUMMARY,
)
from rex_thinker_ros.training.questions import Key, Order, Question, Relation, Seen
from rex_thinker_ros.training.trace_writer import Anchor, Piece, TraceWriter
from rex_thinker_ros.training.vocabulary import ORDINALS

MATCH, NO_MATCH = "✅", "❌"
SIDES = {  # the word for the side that is asked for, and for the other one
    Relation.LEFT: ("left", "right"), Relation.RIGHT: ("right", "left"),
    Relation.FRONT: ("front", "behind"), Relation.BEHIND: ("behind", "front"),
}  # fmt: skip


def write_trace(question: Question) -> list[Piece]:
    """Return the pieces of the whole completion, think and answer sections included."""
    writer = TraceWriter(question)
    steps = _plan(question)
    writer.say("<think>")
    for number, step in enumerate(steps, 1):
        writer.say(f"- Step {number}: ")
        writer.say(f"{step}\n")
    titles = [f"# Step {number}: {step}\n" for number, step in enumerate(steps, 1)]
    if question.anchor_name is not None:
        writer.say(titles.pop(0))
        _find_anchor(writer, question.anchor_name, question.anchor)
        _say_wanted(writer, question.relation)
    if question.anchor_name is None or question.anchor is not None:
        writer.say(titles.pop(0))
        for index, item in enumerate(question.candidates):
            _check(writer, index, item)
        if question.order is not None:
            writer.say(titles.pop(0))
            _put_in_order(writer, question.order)
    _summarize(writer)
    _answer(writer)
    return writer.pieces


def _plan(question: Question) -> list[str]:
    steps = []
    if question.anchor_name is not None:
        steps.append(FIND)
    steps.append(LOOK)
    if question.order is not None:
        steps.append(_order_title(question.order))
    return steps


def _order_title(order: Order) -> str:
    measure = order.key.value, order.descending
    return next(title for title, kind in MEASURES.items() if kind == measure)


def write_finds(
    question: Question, things: Sequence[tuple[tuple[str, str], Seen | None]]
) -> list[Piece]:
    """Return the pieces of a drill: where is each of these (color, category), if it is there?

    `question` only lends the form; one trace of its kind would look for one thing.
    """
    writer = TraceWriter(question)
    writer.say("<think>")
    writer.say("- Step 1: ", free=True)
    writer.say(f"{FIND}\n", free=True)
    writer.say(f"# Step 1: {FIND}\n")
    for name, thing in things:
        _find_anchor(writer, name, thing, free=True)
    return writer.pieces


def _find_anchor(
    writer: TraceWriter, name: tuple[str, str], anchor: Seen | None, *, free: bool = False
) -> None:
    writer.say("- The ")
    color = writer.say(name[0], free=free)
    writer.say(" ")
    category = writer.say(name[1], free=free)
    if anchor is None:
        writer.chosen = writer.say(" is not there.\n", evidence=color, absent=True)
        return
    x, y = anchor.point()
    at = writer.say(" is at [", seek=anchor.box, evidence=color)
    x_piece = writer.say(f"{x}, ", seek=anchor.box, measured=True, evidence=category)
    y_piece = writer.say(str(y), seek=anchor.box, measured=True, evidence=at)
    writer.say("].\n", place=Box(x, y, x, y))
    writer.anchor = Anchor(x_piece, y_piece)


def _say_wanted(writer: TraceWriter, relation: Relation | None) -> None:
    """Say in one word which side is asked for, since the question has many ways to say it."""
    if writer.anchor is None or relation not in SIDES:
        return
    writer.say("- wanted: ")
    writer.wanted = writer.say(SIDES[relation][0])
    writer.say("\n")


def _check(writer: TraceWriter, index: int, item: Seen) -> None:
    question = writer.question
    writer.say(f"- {writer.noun}")
    line = writer.say(f" {index + 1}")
    writer.say(" [")
    edges = []
    for edge, value in enumerate(item.box.as_tuple()):
        comma = ", " if edge < 3 else ""
        edges.append(writer.say(f"{int(value)}{comma}", source=(index, edge), line=line))
    writer.boxes[index] = edges
    writer.ends[index] = writer.say("]: ", place=item.box)
    seen = _name(writer, item)
    if item.category != question.category or question.color not in (None, item.color):
        writer.marks[index] = writer.say(f" → {NO_MATCH}\n", evidence=seen, line=line)
    elif question.order is not None and question.order.key is Key.DISTANCE:
        writer.keys[index] = _reckon_distance(writer, index, seen)
        writer.say("\n")
    elif question.order is not None:
        writer.keys[index] = _measure(writer, index, question.order.key, f" → {MATCH}, ", seen)
        writer.say("\n")
    elif question.relation is not None:
        fits = index in question.targets
        side = _say_side(writer, index, question.relation, seen, fits=fits)
        mark = f" → {MATCH if fits else NO_MATCH}\n"
        writer.marks[index] = writer.say(mark, evidence=side, line=line)
    else:
        writer.marks[index] = writer.say(f" → {MATCH}\n", evidence=seen, line=line)


def _name(writer: TraceWriter, item: Seen) -> int:
    """Say what is seen in the box; return the piece that tells most."""
    question = writer.question
    if not item.category:
        return writer.say("nothing", look=item.box, asked=False)
    fits = None if question.color is None else item.color == question.color
    color = writer.say(item.color, look=item.box, asked=fits)
    writer.say(" ")
    fits = item.category == question.category
    category = writer.say(item.category, look=item.box, asked=fits)
    return color if fits else category


def _say_side(writer: TraceWriter, index: int, relation: Relation, seen: int, *, fits: bool) -> int:
    """Say on which side of the anchor the candidate lies; return the piece of that word.

    The word only compares two numbers; whether it is the side that is asked for comes after.
    """
    sideways = relation in (Relation.LEFT, Relation.RIGHT)
    key = Key.X if sideways else Key.BOTTOM
    own, level = _measure_against_anchor(writer, index, key, ", ", seen)
    wanted, other = SIDES[relation]
    return writer.say(
        wanted if fits else other, evidence=own, line=level,
        asked=writer.wanted if fits else False,
    )  # fmt: skip


def _measure_against_anchor(
    writer: TraceWriter, index: int, key: Key, before: str, seen: int
) -> tuple[int, int]:
    """Write down the candidate's number and repeat the anchor's; return the pieces of both.

    What is reckoned from numbers that stand far apart is hardly learned.
    """
    assert writer.anchor is not None
    own = _measure(writer, index, key, before, seen)
    piece = writer.anchor.x if key is Key.X else writer.anchor.y
    writer.say(AGAINST)
    number = writer.pieces[piece].text.removesuffix(", ")
    return own, writer.say(f"{number}, ", source=piece)


def _measure(writer: TraceWriter, index: int, key: Key, before: str, seen: int) -> int:
    """Write down what the candidate is measured by; return the piece of the value."""
    item = writer.question.candidates[index]
    line = writer.boxes[index][0] - 2
    writer.say(f"{before}{key.value} = ", evidence=seen)
    value = str(item.measure(key))
    if key is Key.BOTTOM:  # the box's lower edge, just written down
        return writer.say(value, source=writer.boxes[index][3], line=line)
    return writer.say(value, measured=True, evidence=writer.ends[index], line=line)


def _reckon_distance(writer: TraceWriter, index: int, seen: int) -> int:
    """Write down how far the candidate is from the anchor; return the piece of the distance."""
    item, anchor = writer.question.candidates[index], writer.question.anchor
    assert anchor is not None
    aside = _say_difference(writer, index, anchor, Key.X, f" → {MATCH}, ", seen)
    writer.say(ASIDE)
    ahead = _say_difference(writer, index, anchor, Key.BOTTOM, "", seen)
    writer.say(AHEAD)
    distance = str(item.measure(Key.DISTANCE, anchor))
    return writer.say(distance, measured=True, evidence=aside, line=ahead)


def _say_difference(
    writer: TraceWriter, index: int, anchor: Seen, key: Key, before: str, seen: int
) -> int:
    """Say how far the candidate is from the anchor in x or in bottom; return the piece of that."""
    own, other = _measure_against_anchor(writer, index, key, before, seen)
    apart = abs(writer.question.candidates[index].measure(key) - anchor.measure(key))
    return writer.say(str(apart), measured=True, evidence=own, line=other)


def _put_in_order(writer: TraceWriter, order: Order) -> None:
    candidates, anchor = writer.question.candidates, writer.question.anchor
    ranked = sorted(
        writer.keys,
        key=lambda i: candidates[i].measure(order.key, anchor),
        reverse=order.descending,
    )
    value = None
    for rank in range(order.rank + 1):
        writer.say(f"- {ORDINALS[rank]}: ")
        if rank == len(ranked):
            writer.chosen = writer.say("no more\n")
            return
        index = ranked[rank]
        writer.say(f"{order.key.value} = ", line=value)
        value = writer.say(writer.pieces[writer.keys[index]].text, source=writer.keys[index])
        writer.say(f" → {writer.noun}")
        writer.chosen = writer.say(f" {index + 1}", evidence=writer.keys[index])
        writer.say("\n")


def _summarize(writer: TraceWriter) -> None:
    writer.say(SUMMARY)
    for index in range(len(writer.question.candidates)):
        writer.say(f"- {writer.noun}")
        line = writer.say(f" {index + 1}")
        fits = index in writer.question.targets
        verdict = f": matches → {MATCH}\n" if fits else f": does not match → {NO_MATCH}\n"
        why = writer.marks.get(index) if writer.chosen is None else writer.chosen
        writer.marks[index] = writer.say(verdict, evidence=why, line=line)


def _answer(writer: TraceWriter) -> None:
    writer.say("</think><answer>json\n[")
    for count, index in enumerate(writer.question.targets):
        writer.say(', {"bbox_2d": [' if count else '{"bbox_2d": [')
        for edge, piece in enumerate(writer.boxes[index]):
            mark = writer.marks[index] if edge == 0 else None
            writer.say(writer.pieces[piece].text, source=piece, evidence=mark)
        writer.say('], "label": "')
        writer.say(writer.question.category)
        writer.say('"}')
    writer.say("]\n</answer>")
