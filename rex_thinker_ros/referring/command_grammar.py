"""From a parsed sentence to the words that describe the object asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
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
    first = _first_said(head)
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


def _first_said(head: Token) -> int:
    """Return where the sentence begins: the parser may have put "you must find" before it."""
    return int(head.doc.user_data["said_from"])


def is_negated(head: Token) -> bool:
    """Return whether a head noun or a word before it turns the command around."""
    return any(token.lower_ in words.TURNS_BEFORE for token in head.doc[: head.i + 1])


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


def _after(token: Token) -> list[Token]:
    return list(token.doc[token.i + 1 :])


def opens_with_place(head: Token) -> bool:
    """Return whether a sentence says where before it says what; the place would get lost."""
    said = [token for token in head.doc if token.lower_ not in ("you", "must", "find")]
    first = next(iter(said), head)
    if first.i < head.i and first.pos_ == "ADP":
        return True
    if any(token.lower_ in words.STARTERS for token in modifiers(head)):
        return True  # "from the table the red mug"
    if first.lemma_ in ("look", "search") and head.head.lower_ != "for":
        return any(token.lower_ == "for" for token in _after(head))  # "in the box for the mug"
    after = next((token for token in said[1:] if token.lower_ not in ("up", "out")), head)
    place = after.lower_ == "from" or after.lower_ in words.PLACE_WORDS - {"over"}
    return first.lemma_ in words.TAKING_VERBS and after.i < head.i and place


def stray_one(head: Token) -> Token | None:
    """Return a "one" after the phrase of a head noun: what is asked for is not that phrase."""
    ones = [t for t in _after(head) if t.lower_ in ("one", "ones") and t.dep_ != "nummod"]
    phrase = expression_tokens(head)
    return next((one for one in ones if one not in phrase), None)


def _verb(head: Token) -> Token:
    """Return the verb that asks for a head noun, or the noun itself where none stands before."""
    verbs = (token for token in head.ancestors if token.pos_ in ("VERB", "AUX"))
    return next((verb for verb in verbs if verb.i < head.i), head)


def _until_stop(head: Token) -> Iterator[Token]:
    """Yield the tokens after a head noun that may describe it."""
    return takewhile(lambda token: not _stops(token, head), _after(head))


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
    if word == "right":
        return following in ("now", "away", "there")
    return word == ":" or _is_copula(token)


def _goes_on(token: Token, following: str) -> bool:
    """Return whether a "but" goes on with a description, as in "but in front of the can"."""
    goes_on = words.PLACE_WORDS | {"with", "without", "not", "that", "which"}
    return token.lower_ == "but" and following in goes_on


def _begins_clause(comma: Token, following: str) -> bool:
    """Return whether something other than a description follows a comma: a clause of its own."""
    if following in ("which", "that", "who"):
        return False
    later = _after(comma)
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


def conditions(head: Token) -> list[Token]:
    """Return the words that begin what an order depends on, such as "if it is clean"."""
    phrase = expression_tokens(head)
    return [
        token
        for token in head.doc
        if token.lower_ in words.CONDITIONS
        and token not in phrase
        and token.i + 1 < len(token.doc)
        and token.nbor().lower_ not in words.CONDITION_COURTESIES
    ]


def lost_looks(head: Token) -> list[Token]:
    """Return the words before the phrase that may describe its object, as in "left, pick ..."."""
    start = next(iter(expression_tokens(head)), head).i
    texts = head.doc.user_data["texts"]
    said = head.doc[_first_said(head) : min(start, head.i)]
    return [token for token in said if texts[token.i].lower() in words.LOOKS]


def offers_choice(head: Token) -> bool:
    """Return whether nouns are joined by "or": "the red mug or the blue mug"."""
    joined = coordinated(head)
    return any(token.lower_ == "or" for noun in joined for token in noun.children)


def second_order(head: Token) -> bool:
    """Return whether a whole order stands in a description, as in "computer pick up the mug"."""
    phrase = expression_tokens(head)
    for token in phrase[1:]:
        later = [t.lower_ for t in _after(token)[:2] if t.lower_ not in ("up", "out", "down")]
        order = token.lower_ in words.VERBS and token.tag_ in ("VB", "VBP", "NN")
        linked = token.nbor(-1).lower_ in words.PEOPLE | {"to", "and"}
        linked = linked or token.nbor(-1).tag_ in ("MD", "DT", "WDT", "IN", "JJ")
        if order and not linked and later[:1] and later[0] in words.STARTERS:
            return True
    return False


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
