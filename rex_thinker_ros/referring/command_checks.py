"""What a parsed sentence says that its referring expression would lose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rex_thinker_ros.referring import command_words as words
from rex_thinker_ros.referring.command_grammar import coordinated, first_said
from rex_thinker_ros.referring.command_phrase import after, expression_tokens, modifiers

if TYPE_CHECKING:
    from spacy.tokens import Token


def is_negated(head: Token) -> bool:
    """Return whether a head noun or a word before it turns the command around."""
    return any(token.lower_ in words.TURNS_BEFORE for token in head.doc[: head.i + 1])


def opens_with_place(head: Token) -> bool:
    """Return whether a sentence says where before it says what; the place would get lost."""
    said = [token for token in head.doc if token.lower_ not in ("you", "must", "find")]
    first = next(iter(said), head)
    if first.i < head.i and first.pos_ == "ADP":
        return True
    if any(token.lower_ in words.STARTERS for token in modifiers(head)):
        return True  # "from the table the red mug"
    if first.lemma_ in ("look", "search") and head.head.lower_ != "for":
        return any(token.lower_ == "for" for token in after(head))  # "in the box for the mug"
    second = next((token for token in said[1:] if token.lower_ not in ("up", "out")), head)
    place = second.lower_ == "from" or second.lower_ in words.PLACE_WORDS - {"over"}
    return first.lemma_ in words.TAKING_VERBS and second.i < head.i and place


def stray_one(head: Token) -> Token | None:
    """Return a "one" after the phrase of a head noun: what is asked for is not that phrase."""
    ones = [t for t in after(head) if t.lower_ in ("one", "ones") and t.dep_ != "nummod"]
    phrase = expression_tokens(head)
    return next((one for one in ones if one not in phrase), None)


def receiver_first(head: Token) -> bool:
    """Return whether a noun may say to whom: "give the man with the hat the mug"."""
    verb = head.head
    right = [token for token in expression_tokens(head) if token.i > head.i + 1]
    return verb.lemma_ in words.TRANSFER_VERBS & words.TAKING_VERBS and any(
        token.tag_ == "DT" and token.nbor(-1).tag_.startswith("NN") for token in right
    )


def conditions(head: Token) -> list[Token]:
    """Return the words that begin what an order depends on, such as "if it is clean"."""
    phrase = expression_tokens(head)
    return [token for token in head.doc[:-1] if token not in phrase and _is_condition(token)]


def _is_condition(token: Token) -> bool:
    if token.lower_ == "before":  # a place, if nothing happens after it
        return all(later.pos_ not in ("VERB", "AUX") for later in after(token))
    courteous = token.nbor().lower_ in words.CONDITION_COURTESIES
    return token.lower_ in words.CONDITIONS and not courteous


def lost_looks(head: Token) -> list[Token]:
    """Return the words before the phrase that may describe its object, as in "left, pick ..."."""
    start = next(iter(expression_tokens(head)), head).i
    texts = head.doc.user_data["texts"]
    said = head.doc[first_said(head) : min(start, head.i)]
    return [token for token in said if texts[token.i].lower() in words.LOOKS]


def offers_choice(head: Token) -> bool:
    """Return whether nouns are joined by "or": "the red mug or the blue mug"."""
    joined = coordinated(head)
    return any(token.lower_ == "or" for noun in joined for token in noun.children)


def second_order(head: Token) -> bool:
    """Return whether a whole order stands in a description, as in "computer pick up the mug"."""
    phrase = expression_tokens(head)
    for token in phrase[1:]:
        later = [t.lower_ for t in after(token)[:2] if t.lower_ not in ("up", "out", "down")]
        order = token.lower_ in words.VERBS and token.tag_ in ("VB", "VBP", "NN")
        linked = token.nbor(-1).lower_ in words.PEOPLE | {"to", "and"}
        linked = linked or token.nbor(-1).tag_ in ("MD", "DT", "WDT", "IN", "JJ")
        if order and not linked and later[:1] and later[0] in words.STARTERS:
            return True
    return False
