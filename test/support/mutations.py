"""Changes at random: to texts and to bytes, the same ones for the same seed and number."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

Content = TypeVar("Content", str, bytes)
Mutator = Callable[[Random, Content], Content]

TYPICAL_SPAN = 12  # characters or bytes


class BrokenPromiseError(AssertionError):
    """Something that must never happen did; the text says what."""


LOOK_ALIKES = {
    "a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "x": "х", "s": "ѕ", "1": "１", "2": "２",
    "5": "５", "[": "［", "]": "］", "{": "｛", ":": "：", ",": "，", '"': "”", "-": "‐", "#": "＃",
    "/": "∕", "<": "‹", " ": "\u00a0", "✅": "✔", "❌": "✖", "⚠": "△",
}  # fmt: skip

ODD_CHARACTERS = (
    "\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\r", "\v", "\f", "\u00ad", "\u200b", "\u200d",
    "\u200f", "\u202e", "\u2028", "\u2066", "\ufeff", "\ufffd", "\ud800", "\U0010ffff", "e\u0301",
    "🤖", "👩‍🔧", "🇩🇪", "❤️", "ß", "İ", "Ω", "ﬁ", "٣", "²", "½", "漢字", "עברית", "\u0301" * 40,
)  # fmt: skip


def random_of(seed: int, number: int) -> Random:
    """Return the random numbers of one case, which depend on nothing else."""
    return Random(f"{seed}/{number}")


def mutate(rng: Random, content: Content, mutators: Sequence[Mutator[Content]]) -> Content:
    """Return a content after none to eight changes, mostly few."""
    for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 2, 3, 4, 8))):
        content = rng.choice(mutators)(rng, content)
    return content


def span(rng: Random, content: Content) -> tuple[int, int]:
    """Draw the start and end of a part, short as a rule."""
    start = rng.randrange(len(content) + 1)
    size = rng.choice((1, int(rng.expovariate(1 / TYPICAL_SPAN)) + 1, rng.randrange(200) + 1))
    return start, min(start + size, len(content))


def delete(rng: Random, content: Content) -> Content:
    """Leave out a part."""
    start, end = span(rng, content)
    return content[:start] + content[end:]


def double(rng: Random, content: Content) -> Content:
    """Say a part twice."""
    start, end = span(rng, content)
    return content[:end] + content[start:]


def swap(rng: Random, content: Content) -> Content:
    """Exchange two parts that follow on each other."""
    start, middle = span(rng, content)
    end = min(middle + span(rng, content)[1] % 40, len(content))
    return content[:start] + content[middle:end] + content[start:middle] + content[end:]


def truncate(rng: Random, content: Content) -> Content:
    """Cut off the end, or the beginning."""
    at = rng.randrange(len(content) + 1)
    return content[:at] if rng.random() < 0.8 else content[at:]


def inserting(pieces: Sequence[Content]) -> Mutator[Content]:
    """Return what puts one of some pieces anywhere, or in the place of a part."""

    def insert(rng: Random, content: Content) -> Content:
        start, end = span(rng, content)
        end = start if rng.random() < 0.7 else end
        return content[:start] + rng.choice(pieces) + content[end:]

    return insert


def substituting(pattern: str, replacements: Sequence[str]) -> Mutator[str]:
    """Return what puts one of some replacements in the place of one match of a pattern."""

    def substitute(rng: Random, text: str) -> str:
        matches = list(re.finditer(pattern, text))
        if not matches:
            return text
        start, end = rng.choice(matches).span()
        return text[:start] + rng.choice(replacements) + text[end:]

    return substitute


def shuffle_lines(rng: Random, text: str) -> str:
    """Put the lines in another order: two of them, or all."""
    lines = text.split("\n")
    if rng.random() < 0.3:
        rng.shuffle(lines)
    else:
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[i], lines[j] = lines[j], lines[i]
    return "\n".join(lines)


def look_alike(rng: Random, text: str) -> str:
    """Write one character, or all of its kind, as another one that looks like it."""
    known = [position for position, sign in enumerate(text) if sign in LOOK_ALIKES]
    if not known:
        return text
    at = rng.choice(known)
    if rng.random() < 0.2:
        return text.replace(text[at], LOOK_ALIKES[text[at]])
    return text[:at] + LOOK_ALIKES[text[at]] + text[at + 1 :]


def overwrite(rng: Random, data: bytes) -> bytes:
    """Change one byte: one bit of it, or to an end of its range, or to anything."""
    if not data:
        return data
    at = rng.randrange(len(data))
    value = rng.choice((data[at] ^ (1 << rng.randrange(8)), 0, 0xFF, rng.randrange(256)))
    return data[:at] + bytes((value,)) + data[at + 1 :]


ANY_CONTENT = (delete, double, swap, truncate)
"""Mutators of texts and of bytes."""


def shrink(content: Content, fails: Callable[[Content], bool], tries: int = 400) -> Content:
    """Return a content that still fails, after leaving out ever smaller parts of it."""
    size = len(content) // 2
    while size and tries > 0:
        start = 0
        while start < len(content) and tries > 0:
            tries -= 1
            shorter = content[:start] + content[start + size :]
            if fails(shorter):
                content = shorter
            else:
                start += size
        size //= 2
    return content
