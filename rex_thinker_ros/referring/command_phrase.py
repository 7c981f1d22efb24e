"""From the noun that names an object to all the words that describe it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from rex_thinker_ros.referring import command_words as words
from rex_thinker_ros.referring.command_grammar import first_said

if TYPE_CHECKING:
    from spacy.tokens import Token


def expression_tokens(head: Token) -> list[Token]:
    """Return the tokens of the referring expression around a head noun, in order."""
    left = modifiers(head)
    verb = _verb(head)
    right = [token for token in _until_stop(head) if not _is_particle(token, head)]
    destination = _destination(right, verb)
    right = _trimmed(right[: right.index(destination)] if destination else right)
    predicate = _predicate(head)
    if all(token.tag_.startswith(("JJ", "RB")) for token in predicate):
        return [*predicate, *left, head, *right]  # "which mug is the largest?"
    return [*left, head, *right, *predicate]  # "which mug is closest to the bowl?"


def _is_particle(token: Token, head: Token) -> bool:
    """Return whether a word after a head noun belongs to the verb before it: "turn it off"."""
    of_verb = token.dep_ == "prt" and token.head.i < head.i
    return of_verb and all(between.lower_ != "with" for between in head.doc[head.i : token.i])


def modifiers(head: Token) -> list[Token]:
    """Return the tokens before a head noun that describe it.

    Adjectives that the parse ties elsewhere belong to it too: to lose one would ask for more.
    """
    first = first_said(head)
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
    if right and right[-1].lower_ in words.TRAILERS:
        run = _trailing(right)
        if not _needs_trailers(right[: len(right) - len(run)], run):
            return _trimmed(right[: len(right) - len(run)])
    return right


def _says_nothing(last: Token) -> bool:
    """Return whether the last token of a phrase is courtesy, punctuation or a dangling verb."""
    return last.lower_ in words.ALWAYS_TRAILERS or not last.text.isalnum() or last.pos_ == "AUX"


def _trailing(right: list[Token]) -> list[Token]:
    """Return the words such as "back over there" that a phrase ends with."""
    start = len(right)
    while start and right[start - 1].lower_ in words.TRAILERS:
        start -= 1
    return right[start:]


def _needs_trailers(before: list[Token], run: list[Token]) -> bool:
    """Return whether words such as "on" and "back" at the end of a phrase describe the object.

    They do in "that is on", "turned off", "upside down", "at the back" and "with the lid off".
    """
    if [token.lower_ for token in run] in (["in", "back"], ["at", "back"]):
        return True
    if not before:
        return False
    last = before[-1]
    governs = last.pos_ == "AUX" or last.tag_.startswith("VB") or last.text in ("upside", "-")
    determined = last.lower_ in words.STARTERS
    lidded = run[-1].lower_ in ("on", "off", "up", "down") and any(
        token.lower_ == "with" for token in before
    )
    return governs or determined or lidded


def after(token: Token) -> list[Token]:
    return list(token.doc[token.i + 1 :])


def _verb(head: Token) -> Token:
    """Return the verb that asks for a head noun, or the noun itself where none stands before."""
    verbs = (token for token in head.ancestors if token.pos_ in ("VERB", "AUX"))
    return next((verb for verb in verbs if verb.i < head.i), head)


def _until_stop(head: Token) -> Iterator[Token]:
    """Yield the tokens after a head noun that may describe it."""
    return takewhile(lambda token: not _stops(token, head), after(head))


def _stops(token: Token, head: Token) -> bool:
    """Return whether something other than the description of a head noun begins at a token."""
    following = token.nbor().lower_ if token.i + 1 < len(token.doc) else ""
    word = token.lower_
    if word in words.CLAUSE_STARTS:
        return not _goes_on(token, following)
    if word == ",":
        return _begins_clause(token, following)
    if word in ("and", "or"):
        leaves = following in words.VERBS or token.head.i < head.i
        return leaves and not _joins_anchors(head, token)
    if word in ("for", "to") and following in words.PEOPLE | {"him", "her", "them"}:
        return not _relates(token)
    if word == "with":
        return _is_own_tool(token)
    if word == "right" and token.nbor(-1).tag_ != "DT":
        return following in ("now", "away", "there")
    return word in (":", "please") or _is_copula(token) or _breaks_off(token)


def _breaks_off(token: Token) -> bool:
    """Return whether an order breaks off: "the mug do not", rather than "that do not stand"."""
    breaking = token.lower_ in ("do", "dont", "never", "stop", "cancel", "forget")
    return breaking and token.nbor(-1).tag_.startswith(("NN", "JJ", "RB", "VB"))


def _goes_on(token: Token, following: str) -> bool:
    """Return whether a "but" goes on with a description, as in "but in front of the can"."""
    goes_on = words.PLACE_WORDS | {"with", "without", "not", "that", "which"}
    return token.lower_ == "but" and following in goes_on


def _begins_clause(comma: Token, following: str) -> bool:
    """Return whether something other than a description follows a comma: a clause of its own."""
    if following in ("which", "that", "who"):
        return False
    later = after(comma)
    end = next((i for i, token in enumerate(later) if token.text == ","), len(later))
    clause = later[: end or len(later)]
    return any(
        token.pos_ in ("VERB", "AUX") and token.tag_ not in ("VBG", "VBN") for token in clause
    )


def _joins_anchors(head: Token, conjunction: Token) -> bool:
    """Return whether an "and" belongs to a "between" before it."""
    before = [token.lower_ for token in head.doc[head.i + 1 : conjunction.i]]
    return "between" in before and "and" not in before


def _relates(to: Token) -> bool:
    """Return whether "to" says to what something relates, as in "closest to me"."""
    return to.lower_ == "to" and (
        to.nbor(-1).lower_ in ("next", "near", "close") or to.nbor(-1).tag_.startswith(("JJ", "VB"))
    )


def _is_own_tool(preposition: Token) -> bool:
    """Return whether "with ..." names what the robot shall use: "your hand", "the gripper"."""
    tools = [noun for noun in preposition.children if noun.dep_ == "pobj"]
    return any(
        tool.lemma_ == "gripper"
        or (tool.lemma_ in words.ROBOT_PARTS and any(c.lower_ == "your" for c in tool.children))
        for tool in tools
    )


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
    tells = before.pos_ == "AUX"  # "the mug that is on the left"
    return token.lower_ in words.PLACE_WORDS and token.tag_ != "JJ" and not (relates or tells)
