"""From a parsed sentence to the words that describe the object asked for."""

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
        and head.lower_ not in words.VAGUE_NOUNS | words.DIRECTIONS | words.COLORS
        and any(character.isalpha() for character in head.text)
    )


def _asked_for(verb: Token) -> Iterator[Token]:
    """Yield what may be asked for, best first: the verb's object, then looser ties to it."""
    children = list(verb.children)
    for dep in ("dobj", "attr", "dative", "ccomp", "xcomp", "nsubj", "conj", "prep", "npadvmod"):
        for child in children:
            if child.dep_ != dep:
                continue
            if dep in ("ccomp", "xcomp"):  # "find the mug closest to it", "I want you to find"
                yield from _described(child)
            elif dep == "conj":
                yield from _asked_for(child)
            elif dep == "prep":
                if verb.lemma_ not in words.PLACING_VERBS or _moves_robot(verb):
                    yield from (noun for noun in child.children if noun.dep_ == "pobj")
            elif child.lower_ not in words.PEOPLE and child.lemma_ not in words.ROBOT_PARTS:
                yield child


def _moves_robot(verb: Token) -> bool:
    """Return whether the verb's object is a part of the robot, as in "move the arm to the mug"."""
    return any(child.lemma_ in words.ROBOT_PARTS for child in verb.children)


def _described(clause: Token) -> Iterator[Token]:
    subjects = [child for child in clause.children if child.dep_ in ("nsubj", "nsubjpass")]
    yield from (noun for noun in subjects if noun.lower_ not in words.PEOPLE)
    if clause.pos_ in ("NOUN", "PROPN"):
        yield clause
    yield from _asked_for(clause)


def _inner(head: Token) -> Token:
    """Return the noun inside "each of the mugs" and "a pair of scissors"."""
    if head.lower_ in words.VAGUE_NOUNS or head.lemma_ in words.GROUP_NOUNS or head.pos_ == "NUM":
        for of in head.children:
            if of.lower_ == "of":
                return next((noun for noun in of.children if noun.dep_ == "pobj"), head)
    return head


def wants_all(head: Token) -> bool:
    """Return whether the phrase of a head noun asks for every match."""
    if len(coordinated(head)) > 1:
        return True
    quantifiers = {token.lower_ for token in head.lefts}
    if head.dep_ == "pobj" and head.head.lower_ == "of":
        quantifiers.add(head.head.head.lower_)
    if quantifiers & words.QUANTIFIERS_OF_ALL:
        return True
    if head.dep_ == "pobj" and head.head.head.pos_ == "NUM":
        return False  # "two of the mugs" leaves open which
    if quantifiers & {"which", "one", "any", "a", "an", "another"}:
        # "which mugs are red?" asks for several, "which of the mugs is red?" for one
        return "which" in quantifiers and _is_plural(head) and head.dep_ != "pobj"
    return _is_plural(head)


def _is_plural(head: Token) -> bool:
    return head.tag_ in ("NNS", "NNPS") and head.lower_ not in words.ALWAYS_PLURAL


def category_tokens(head: Token) -> list[Token]:
    """Return the tokens of the object's name: the head noun and the nouns compounded with it."""
    name = [head]
    first = _first_said(head)
    while name[0].i > first:
        before = name[0].nbor(-1)
        if before.text == "-" and not before.whitespace_ and before.i > first:
            name = [before.nbor(-1), before, *name]  # "t-shirt"
            continue
        adjective = (before.lower_, name[0].lemma_.lower()) in words.ADJECTIVE_NAMES
        noun = before.dep_ == "compound" and before.tag_.startswith("NN")
        if not adjective and (not noun or before.lower_ in words.DESCRIBING_NOUNS):
            break
        name.insert(0, before)
    return name


def _first_said(head: Token) -> int:
    """Return where the sentence begins: the parser may have put "you must find" before it."""
    return int(head.doc.user_data["said_from"])


def is_negated(head: Token) -> bool:
    """Return whether a word before a head noun turns the command around."""
    return any(token.lower_ in words.NEGATIONS for token in head.doc[: head.i])


def expression_tokens(head: Token) -> list[Token]:
    """Return the tokens of the referring expression around a head noun, in order."""
    left = _modifiers(head)
    verb = _verb(head)
    right = [token for token in _until_stop(head) if token.dep_ != "prt"]
    destination = _destination(right, verb)
    right = _trimmed(right[: right.index(destination)] if destination else right)
    predicate = _predicate(head)
    if all(token.tag_.startswith(("JJ", "RB")) for token in predicate):
        return [*predicate, *left, head, *right]  # "which mug is the largest?"
    return [*left, head, *right, *predicate]  # "which mug is closest to the bowl?"


def _modifiers(head: Token) -> list[Token]:
    """Return the tokens before a head noun that describe it.

    Adjectives that the parse ties elsewhere belong to it too: to lose one would ask for more.
    """
    first = _first_said(head)
    start = max(head.left_edge.i, first)
    while start > first and head.doc[start - 1].tag_.startswith(("JJ", "NN", "CD")):
        start -= 1
    while start < head.i:
        token = head.doc[start]
        if token.lower_ not in words.DROPPED_DETERMINERS and token.text.isalnum():
            break
        start += 1
    return list(head.doc[start : head.i])


def _predicate(head: Token) -> list[Token]:
    """Return what a question such as "which mug is the largest one?" says of its answer."""
    root = head.sent.root
    asks = any(token.lower_ == "which" for token in head.doc[: head.i])
    if not asks or not _is_copula(root) or root.i < head.i:
        return []
    told = [token for token in root.doc[root.i + 1 :] if token.lower_ not in words.VAGUE_NOUNS]
    while told and told[0].lower_ in words.DROPPED_DETERMINERS:
        told.pop(0)
    return _trimmed(told)


def _is_copula(token: Token) -> bool:
    return token.dep_ == "ROOT" and token.pos_ == "AUX"


def _trimmed(right: list[Token]) -> list[Token]:
    """Return the tokens up to the last that says something about the object."""
    while right and _says_nothing(right[-1]):
        right = right[:-1]
    return right


def _says_nothing(last: Token) -> bool:
    """Return whether the last token of a phrase is courtesy, punctuation or a dangling verb."""
    return last.lower_ in words.TRAILERS or not last.text.isalnum() or last.pos_ == "AUX"


def _after(token: Token) -> list[Token]:
    return list(token.doc[token.i + 1 :])


def opens_with_place(head: Token) -> bool:
    """Return whether a sentence says where before it says what; the place would get lost."""
    said = (token for token in head.doc if token.lower_ not in ("you", "must", "find"))
    first = next(said, head)
    return first.i < head.i and first.pos_ == "ADP"


def stray_one(head: Token) -> Token | None:
    """Return a "one" after the phrase of a head noun: what is asked for is not that phrase."""
    ones = [token for token in _after(head) if token.lower_ in ("one", "ones")]
    phrase = expression_tokens(head)
    return next((one for one in ones if one not in phrase), None)


def _verb(head: Token) -> Token:
    """Return the verb that asks for a head noun, or the noun itself where none stands before."""
    verbs = (token for token in head.ancestors if token.pos_ in ("VERB", "AUX"))
    return next((verb for verb in verbs if verb.i < head.i), head)


def _until_stop(head: Token) -> Iterator[Token]:
    """Yield the tokens after a head noun that may describe it."""
    for token in _after(head):
        following = token.nbor().lower_ if token.i + 1 < len(token.doc) else ""
        if token.lower_ in words.CLAUSE_STARTS or token.text in (";", ":", "--"):
            return
        if token.text == "," and any(later.pos_ in ("VERB", "AUX") for later in _after(token)):
            return
        if token.lower_ in ("and", "or") and (following in words.VERBS or token.head.i < head.i):
            return
        if token.lower_ in ("for", "to") and following in words.PEOPLE | {"him", "her", "them"}:
            return
        if token.lower_ == "with" and _reaches(token, words.ROBOT_PARTS):
            return
        if token.lower_ == "right" and following in ("now", "away", "there"):
            return
        if _is_copula(token):
            return
        yield token


def _reaches(preposition: Token, lemmas: frozenset[str]) -> bool:
    return any(noun.lemma_ in lemmas for noun in preposition.children if noun.dep_ == "pobj")


def _destination(right: list[Token], verb: Token) -> Token | None:
    """Return the first word of where the object shall go, None if nothing says so."""
    for token in right:
        if token.lower_ in words.ENTERING_WORDS:
            return token
    handed_over = any(child.dep_ == "dative" for child in verb.children)
    placing = verb.lemma_ in words.PLACING_VERBS and not handed_over
    if placing and any(child.dep_ == "prt" and child.lower_ == "down" for child in verb.children):
        placing = False  # "put down the mug on the left" is complete without a destination
    places = [token for token in right if _begins_place(token)]
    if verb.lemma_ in words.TRANSFER_VERBS:
        for token in places:
            if token.lower_ == "to" and not _reaches(token, words.DIRECTIONS):
                return token
    if not placing or not places:
        return None
    return places[-1]


def _begins_place(token: Token) -> bool:
    """Return whether a token begins a place, rather than going on with one ("next to")."""
    before = token.nbor(-1)
    relates = token.lower_ == "to" and (
        before.lower_ == "next" or before.tag_.startswith(("JJ", "RB", "VB"))
    )
    return token.lower_ in words.PLACE_WORDS and token.tag_ != "JJ" and not relates


def coordinated(head: Token) -> list[Token]:
    """Return a head noun and those joined to it by "and" or "or"."""
    return [head, *(noun for noun in head.conjuncts if noun.tag_.startswith("NN"))]
