"""From a parsed sentence to the noun that names the object asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rex_thinker_ros.referring import command_words as words

if TYPE_CHECKING:
    from spacy.tokens import Token


def find_target(root: Token) -> Token | None:
    """Return the head noun of what the sentence under root asks for, None if there is nothing.

    A vague head ("it", "one", "thing") is returned only where there is no better one.
    """
    if root.pos_ in ("NOUN", "PROPN"):
        return _inner(root)
    heads = [_inner(token) for token in _asked_for(root)]
    if heads and heads[0].dep_ == "dobj" and heads[0].lower_ in words.VAGUE_NOUNS:
        return heads[0]  # in "put it on the plate" the plate is not asked for
    objects = [head for head in heads if is_object(head)]
    vague = [head for head in heads if head.lower_ in words.VAGUE_NOUNS]
    return next(iter(objects or vague), None)


def is_object(head: Token) -> bool:
    """Return whether a head noun names something that a detector could look for."""
    return (
        head.tag_.startswith("NN")
        and (head.lower_ not in _NO_OBJECTS or _names_part(head))
        and any(character.isalpha() for character in head.text)
    )


_NO_OBJECTS = words.VAGUE_NOUNS | words.DIRECTIONS | words.COLORS | words.UNITS | words.ASPECTS


def _names_part(head: Token) -> bool:
    """Return whether a head is no direction because of the noun before it: "bottle top"."""
    return head.lower_ in words.PARTS and len(category_tokens(head)) > 1


def _asked_for(verb: Token) -> Iterator[Token]:
    """Yield what may be asked for, best first: the verb's object, then looser ties to it."""
    children = list(verb.children)
    for dep in ("dobj", "attr", "dative", "oprd", "ccomp", "xcomp", "nsubj", "conj", "prep",
                "npadvmod"):  # fmt: skip
        for child in children:
            if child.dep_ != dep:
                continue
            if dep in ("ccomp", "xcomp"):  # "find the mug closest to it", "I want you to find"
                yield from _described(child)
            elif dep == "conj":
                yield from _asked_for(child)
            elif dep == "prep":
                if verb.pos_ == "AUX":  # "I am at the table", "what is on the table?"
                    continue
                if verb.lemma_ not in words.PLACING_VERBS or _moves_robot(verb):
                    yield from (noun for noun in child.children if noun.dep_ == "pobj")
            elif child.lower_ not in words.PEOPLE and not _is_own_part(child):
                yield child


def _moves_robot(verb: Token) -> bool:
    """Return whether the verb's object is a part of the robot, as in "move the arm to the mug"."""
    return any(_is_own_part(child) for child in verb.children)


def _is_own_part(noun: Token) -> bool:
    """Return whether a noun is a part of the robot; what it shall pick up is none."""
    if noun.lemma_ not in words.ROBOT_PARTS:
        return False
    yours = any(child.lower_ == "your" for child in noun.children)
    return yours or noun.head.lemma_ not in words.TAKING_VERBS | {"find", "locate"}


def _described(clause: Token) -> Iterator[Token]:
    subjects = [child for child in clause.children if child.dep_ in ("nsubj", "nsubjpass")]
    yield from (noun for noun in subjects if noun.lower_ not in words.PEOPLE)
    if clause.pos_ in ("NOUN", "PROPN"):
        yield clause
    yield from _asked_for(clause)


def _inner(head: Token) -> Token:
    """Return the noun inside "each of the mugs" and "a pair of scissors"."""
    if head.lower_ in ("left", "right") and head.i > 0 and head.nbor(-1).dep_ == "compound":
        return head.nbor(-1)  # "the orange bowl right of the can"
    if head.lower_ in words.VAGUE_NOUNS or head.lemma_ in words.GROUP_NOUNS or head.pos_ == "NUM":
        for of in head.children:
            if of.lower_ == "of":
                return next((noun for noun in of.children if noun.dep_ == "pobj"), head)
    return head


def category_tokens(head: Token) -> list[Token]:
    """Return the tokens of the object's name: the head noun and the nouns compounded with it."""
    name = [head]
    first = first_said(head)
    while name[0].i > first:
        before = name[0].nbor(-1)
        if before.text == "-" and not before.whitespace_ and before.i > first:
            name = [before.nbor(-1), before, *name]  # "t-shirt"
            continue
        adjective = (before.lower_, name[0].lemma_.lower()) in words.ADJECTIVE_NAMES
        noun = before.dep_ == "compound" and before.tag_.startswith("NN")
        if not adjective and (not noun or before.lower_ in _NOT_IN_NAMES):
            break
        name.insert(0, before)
    return name


_NOT_IN_NAMES = words.DESCRIBING_NOUNS | words.UNITS


def first_said(head: Token) -> int:
    """Return where the sentence begins: the parser may have put "you must find" before it."""
    return int(head.doc.user_data["said_from"])


def coordinated(head: Token) -> list[Token]:
    """Return a head noun and those joined to it by "and" or "or"."""
    return [head, *(noun for noun in head.conjuncts if noun.tag_.startswith("NN"))]
