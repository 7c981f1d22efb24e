"""Changed commands, and what may become of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from mutations import (
    ANY_CONTENT,
    ODD_CHARACTERS,
    BrokenPromiseError,
    inserting,
    look_alike,
    mutate,
    substituting,
)

from rex_thinker_ros.referring.command import CommandParser, InvalidCommandError

MOST_CHARACTERS = 512
"""The longest sentence and category that a parser reads, as it comes."""

COMMANDS = (
    "pick up the red mug", "Pick up the second red mug from the left.", "GRAB THE LARGEST BALL",
    "please hand me the screwdriver next to the blue box", "can you give me the remote control?",
    "would you mind passing me the wrench that is not rusty?", "put the red block on the plate",
    "place both bottles into the bowl", "stack the green block on the red block, then stop",
    "move all the blocks to the left", "put the mug on the left on the plate",
    "point at the leftmost can", "look for the power drill", "I'm looking for my keys",
    "find the mug closest to the blue bowl", "detect every bowl", "where are the scissors?",
    "which of these is the ripest banana?", "which mug is the largest?", "what's the biggest can?",
    "is there a red mug on the table?", "how many cans are there?", "second farthest red block",
    "the person wearing a red shirt", "can opener", "red mugs", "grab one of the mugs",
    "get the red mug and the blue mug", "hey robot, go and get the 2nd t-shirt, the Coca-Cola one",
    "I am thirsty. Bring me the bottle! It is on the left.", "grab a pair of pliers",
    # refused as they are
    "", "move to the left", "pick it up", "don't touch the knife", "on the left, pick up the mug",
    "get the red mug and the blue bowl", "pick up everything", "stop", "42 ?!",
    "Pick up the red mug. No, the blue one.", "pick up the mug if it is red", "give me a few mugs",
    "the red mug or the blue mug", "Take the mug. Take the bowl.", "the red and the blue mug",
    # of other domains, and of none
    "rm -rf / ; DROP TABLE mugs; --", '{"command": "pick", "object": {"name": "mug", "n": [1, 2]}}',
    "https://example.org/?q=red+mug#left", "Nimm bitte die rote Tasse links",
    "赤いマグカップを取って", "الكوب الأحمر على اليسار", "👉 🔴 ☕ please", "mug " * 100,
    "the " * 128, "a" * 512, "." * 512, "very, " * 80 + "red mug", "very " * 2000 + "red mug",
    "the mug of the man of the house of the " * 12,
)  # fmt: skip
WORDS = tuple(sorted({word for command in COMMANDS for word in command.split()}))
PIECES = (
    *WORDS, *ODD_CHARACTERS, " ", "  ", "\n", "\t", ".", "?", "!", "...", ",", ";", ":", "--", "'",
    '"', "-", "n't", "'s", "<", ">", "</think>", "<|im_end|>", "%s", "\\n", " and ", " not ",
    "x" * 300, " all ", " one ", " of ", " which ", " is ", " can ", " cans ", "Ⅷ", "１",
    "²nd", "$", "&amp;",
)  # fmt: skip
REFUSALS = {
    "is empty": "empty", "at most": "too long", "Leave signs": "signs", "not to do": "negated",
    "names no object": "no object", "could be anything": "vague", "before its place": "place first",
    "one kind of object": "several kinds", "takes something back": "retracted",
    "one thing at a time": "several orders", "in one sentence which": "in pieces",
    "without the condition": "conditional", "exactly how many": "inexact", 'without "or"': "choice",
    "right before the object": "description first", "Begin with the order": "order later",
    "with each colour": "shared noun", "The category ": "no category",
    "Say last to whom": "receiver first", "only tells something": "story",
}  # fmt: skip


def _swap_words(rng: Random, text: str) -> str:
    words = text.split(" ")
    i, j = rng.randrange(len(words)), rng.randrange(len(words))
    words[i], words[j] = words[j], words[i]
    return " ".join(words)


def _change_case(rng: Random, text: str) -> str:
    return rng.choice((text.upper(), text.title(), text.swapcase(), text[::-1]))


MUTATORS = (
    *ANY_CONTENT,
    inserting(PIECES),
    inserting(tuple(f" {word} " for word in WORDS if len(word) < 20)),
    inserting(tuple(map(chr, range(256)))),
    look_alike,
    substituting(r"\S+", (*WORDS, *ODD_CHARACTERS, "")),
    substituting(r"\S+\s+", ("",)),
    _swap_words,
    _change_case,
)


@dataclass(frozen=True)
class CommandCase:
    """A sentence and the category that may come with it."""

    content: str
    category: str | None = None


def make_command(rng: Random) -> CommandCase:
    """Change a command; a few come with a category of their own."""
    category = mutate(rng, "coffee mug", MUTATORS) if rng.random() < 0.1 else None
    return CommandCase(mutate(rng, rng.choice(COMMANDS), MUTATORS), category)


def check_command(case: CommandCase) -> str:
    """Return what became of it; BrokenPromiseError where it breaks what is promised."""
    try:
        command = parser().parse(case.content, case.category)
    except InvalidCommandError as error:
        reason = str(error)
        if not reason.isprintable() or not 0 < len(reason) < MOST_CHARACTERS + 200:
            raise BrokenPromiseError("the refusal is no line that an operator can read") from error
        kinds = [kind for words, kind in REFUSALS.items() if words in reason]
        return f"refused: {kinds[-1] if kinds else 'other'}"
    # left-out words leave a space, and some letters have two in lower case
    for field, most in (("sentence", 1), ("expression", 2), ("category", 2)):
        text = getattr(command, field)
        if not text or not text.isprintable() or text != " ".join(text.split()):
            raise BrokenPromiseError(f"the {field} is not one line of words")
        if len(text) > most * MOST_CHARACTERS:
            raise BrokenPromiseError(f"the {field} is longer than it may be")
        if "<" in text or ">" in text:
            raise BrokenPromiseError(f"the {field} holds signs of the model's wire format")
    said = command.sentence.casefold()
    # the last word of a category that was read from the sentence is in the singular
    name = [] if case.category else command.category.casefold().split()[:-1]
    if not all(word in said for word in [*command.expression.casefold().split(), *name]):
        raise BrokenPromiseError("the command holds a word that nobody said")
    return "understood: all" if command.wants_all else "understood: one"


@cache
def parser() -> CommandParser:
    """Return the one parser; it keeps nothing of a sentence."""
    return CommandParser(max_characters=MOST_CHARACTERS)
