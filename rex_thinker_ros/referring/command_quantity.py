"""How many objects a phrase asks for: every match, a number, or one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rex_thinker_ros.referring import command_words as words
from rex_thinker_ros.referring.command_grammar import coordinated
from rex_thinker_ros.referring.command_phrase import modifiers

if TYPE_CHECKING:
    from spacy.tokens import Token


def wants_all(head: Token) -> bool:
    """Return whether the phrase of a head noun asks for every match."""
    if len(coordinated(head)) > 1 or head.lower_ in words.QUANTIFIERS_OF_ALL:
        return True
    quantifiers = _quantifiers(head)
    if quantifiers & words.QUANTIFIERS_OF_ALL:
        return True
    if _counts_out_of(head):
        return False  # "two of the mugs" leaves open which
    if count(head) is not None:
        return True
    if quantifiers & {"which", "one", "any", "a", "an", "another"}:
        # "which mugs are red?" asks for several, "which of the mugs is red?" for one
        return "which" in quantifiers and is_plural(head) and head.dep_ != "pobj"
    return is_plural(head)


def count(head: Token) -> int | None:
    """Return the number of objects that a phrase asks for, None for one and for no number."""
    if head.lower_ == "both":
        return 2
    joined = coordinated(head)
    if len(joined) > 1:  # "the red mug and the blue mug"
        return None if any(map(is_plural, joined)) else len(joined)
    number = next(map(_number, _numerals(head)), None)
    return number if number != 1 else None


def is_inexact(head: Token) -> bool:
    """Return whether a phrase leaves open how many of several it asks for: "a few mugs"."""
    joined = coordinated(head)
    if len(joined) > 1:  # "the red mugs and the two blue mugs"
        return any(map(_numerals, joined))
    counting, numerals = _counting(head), _numerals(head)
    if not (is_plural(head) or numerals) or _asks_how_many(head):
        return False
    said = {token.lower_ for token in counting}
    if numerals:
        start = numerals[0].i
        said |= {token.lower_ for token in head.doc[max(start - 2, 0) : start]} & words.INEXACT
    known = [_number(token) for token in numerals]
    if any(token.i and token.nbor(-1).text in ("-", "/", "to") for token in numerals):
        return True  # "2-3 mugs"
    return bool(said & (words.VAGUE_AMOUNTS | words.INEXACT)) or None in known or len(known) > 1


def is_plural(head: Token) -> bool:
    """Return whether a head noun names several objects."""
    several = any((_number(token) or 0) > 1 for token in modifiers(head))
    always = head.lower_ in words.ALWAYS_PLURAL and not (several and head.lower_ == "glasses")
    return head.tag_ in ("NNS", "NNPS") and not always


def _quantifiers(head: Token) -> set[str]:
    quantifiers = {token.lower_ for token in head.lefts}
    if head.dep_ == "pobj" and head.head.lower_ == "of":
        quantifiers.add(head.head.head.lower_)
    return quantifiers


def _counts_out_of(head: Token) -> bool:
    """Return whether a number stands before "of the", as in "two of the mugs"."""
    return head.dep_ == "pobj" and head.head.head.pos_ == "NUM"


def _counting(head: Token) -> list[Token]:
    """Return what may count a head noun: words of its phrase, and what stands before its "of"."""
    counting = [token for token in [*head.lefts, *modifiers(head)] if _stands_alone(token)]
    if head.dep_ == "pobj" and head.head.lower_ == "of":
        group = head.head.head
        counting += [*group.lefts, *([group] if is_plural(head) else [])]  # "a pair of pliers"
    return sorted(set(counting), key=lambda token: token.i)


def _numerals(head: Token) -> list[Token]:
    """Return the numbers that count a head noun; of "one of the two mugs", the outer ones."""
    numerals = [t for t in _counting(head) if t.pos_ == "NUM" or t.lower_ in words.NUMBERS]
    outer = [t for t in numerals if head.dep_ == "pobj" and t.i < head.head.i]
    numerals = outer or numerals
    return [t for t in numerals if t.lower_ != "both"] or numerals


def _stands_alone(token: Token) -> bool:
    """Return whether a number is none of a measure, of a longer word or of a "number 2"."""
    named = token.i > 0 and token.nbor(-1).lower_ in ("number", "size", "type")
    return not named and token.nbor().lower_ not in words.UNITS and token.nbor().text != "-"


def _asks_how_many(head: Token) -> bool:
    return any(token.lower_ == "how" for token in head.doc[: head.i])


def _number(token: Token) -> int | None:
    """Return the number that a word stands for, None if this cannot be told."""
    if token.text.isdecimal() and len(token.text) <= 4:
        return int(token.text)
    return words.NUMBERS.get(token.lower_)
