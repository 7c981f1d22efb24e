"""Understanding which object a sentence asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rex_thinker_ros.referring import command_checks as checks
from rex_thinker_ros.referring import command_grammar as grammar
from rex_thinker_ros.referring import command_quantity as quantity
from rex_thinker_ros.referring import command_text
from rex_thinker_ros.referring import command_words as words
from rex_thinker_ros.referring.command_language import CommandLanguage
from rex_thinker_ros.referring.command_phrase import expression_tokens

if TYPE_CHECKING:
    from spacy.tokens import Token


@dataclass(frozen=True, slots=True)
class Command:
    """Hold an understood command.

    expression is what the reasoner must find ("second red mug from the left"), category what
    the detector must find ("mug"); wants_all says that every match is asked for, and count how
    many there must be, None where no number above one was said. sentence is in plain signs.
    """

    sentence: str
    expression: str
    category: str
    wants_all: bool
    count: int | None = None


class InvalidCommandError(ValueError):
    """Say, in a sentence for the operator, what to change in a command."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """Hold one of the sentences of a command, and the head noun of what it asks for."""

    text: str
    head: Token | None

    @property
    def rank(self) -> int:
        """Return 0 for a statement, 1 for an order to go or look somewhere, 2 for any other."""
        if command_text.is_statement(self.text):
            return 0
        return 1 if command_text.order_verb(self.text) in words.GOING_VERBS else 2


class CommandParser:
    """Find the object that a sentence asks for; loading takes under a second.

    max_characters bounds a sentence; LookupError if spaCy's English model is not installed.
    """

    def __init__(self, *, max_characters: int = 512) -> None:
        self._max_characters = max_characters
        self._language = CommandLanguage()

    def parse(self, sentence: str, category: str | None = None) -> Command:
        """Return the command in a sentence: an order, a question or a bare noun phrase.

        An explicit category replaces the one in the sentence, which then need not name any.
        Of several sentences, one may order something; of a corrected order ("the red mug, no, the
        blue mug"), what is said last counts. Raises InvalidCommandError.
        """
        sentence = command_text.plain(self._checked(sentence, "command"))
        sentence = self._checked(sentence, "command")  # plain signs may be more, or none
        category = self._checked(category, "category") if category else None
        if category and not any(character.isalpha() for character in category):
            raise InvalidCommandError(f'The category "{category}" names no object.')
        said = self._corrected(sentence)
        _refuse_story(said)
        head = _asked_for([self._read(part) for part in command_text.sentences(said)])
        if category is None and (head is None or not grammar.is_object(head)):
            raise InvalidCommandError(_no_object(sentence, head))
        if head is None:
            _refuse_negation(said, "")
            return Command(sentence, sentence, str(category), wants_all=False)
        kinds = list(dict.fromkeys(_name(noun) for noun in grammar.coordinated(head)))
        if category is None and len(kinds) > 1:
            raise InvalidCommandError(
                f"Name one kind of object at a time, not {' and '.join(kinds)}."
            )
        _refuse_unclear(head, said)
        if category is None and (one := checks.stray_one(head)):
            raise InvalidCommandError(_no_object(sentence, one))
        expression = _text(expression_tokens(head))
        _refuse_negation(said, expression)
        return Command(
            sentence=sentence,
            expression=expression,
            category=category or kinds[0],
            wants_all=quantity.wants_all(head),
            count=quantity.count(head),
        )

    def _read(self, text: str) -> _Sentence:
        return _Sentence(text, self._language.find_head(text))

    def _corrected(self, sentence: str) -> str:
        """Return what counts of a sentence that takes something back."""
        *before, last = command_text.corrected(sentence)
        if not before:
            return last or sentence
        if last and not any(map(command_text.negations, before)):
            if command_text.order_verb(last):
                return last
            old, new = (self._only_object(part) for part in (before[-1], last))
            # another kind could be a correction of the destination
            if old and new and _name(old) == _name(new) and before[-1].count(_name(new)) == 1:
                return last
        raise InvalidCommandError(
            f'"{sentence}" takes something back: say the whole command as it is meant.'
        )

    def _only_object(self, text: str) -> Token | None:
        heads = [self._read(part).head for part in command_text.sentences(text)]
        objects = [head for head in heads if head is not None and grammar.is_object(head)]
        return objects[0] if len(objects) == 1 else None

    def _checked(self, text: str, name: str) -> str:
        """Return a text with single spaces, or say what is wrong with it."""
        if not isinstance(text, str):
            raise InvalidCommandError(f"Send the {name} as text.")
        text = " ".join(text.split())
        if not text:
            raise InvalidCommandError(f"The {name} is empty: say which object you mean.")
        if len(text) > self._max_characters:
            raise InvalidCommandError(
                f"The {name} has {len(text)} characters: use {self._max_characters} at most."
            )
        # the model reads angle brackets as marks of its own
        if any(sign in "<>" or not sign.isprintable() for sign in text):
            raise InvalidCommandError(f"Leave signs such as < and > out of the {name}.")
        return text


def _asked_for(sentences: Sequence[_Sentence]) -> Token | None:
    """Return the head noun of the one sentence that asks for something, a vague one at worst."""
    heads = [said.head for said in sentences if said.head is not None]
    named = [s for s in sentences if s.head is not None and grammar.is_object(s.head)]
    if not named:
        return next(iter(heads), None)
    highest = max(said.rank for said in named)
    for said in sentences:
        if said.rank > highest and said.head is not None and said.head.lower_ in ("one", "ones"):
            return said.head  # "I see two mugs, pick up the left one"
    asking = [said for said in named if said.rank == highest]
    head, *others = [said.head for said in asking if said.head is not None]
    phrase = set(_text(expression_tokens(head)).lower().split())
    if any(set(_text(expression_tokens(o)).lower().split()) - phrase for o in others):
        raise InvalidCommandError("Ask for one thing at a time, in one sentence.")
    if any(command_text.is_fragment(said.text) for said in sentences if said is not asking[0]):
        raise InvalidCommandError("Say in one sentence which object you mean.")
    return head


def _refuse_story(said: str) -> None:
    """Refuse what only tells something, and what asks for a second object afterwards."""
    parts = [part for part in command_text.sentences(said) if part.strip()]
    if parts and all(map(command_text.reports, parts)):
        raise InvalidCommandError(
            f'"{said}" only tells something: say what you want, such as "pick up the red mug".'
        )
    if any(map(command_text.asks_for_more, parts)):
        raise InvalidCommandError("Ask for one thing at a time, in one sentence.")


def _refuse_negation(said: str, expression: str) -> None:
    """Refuse words that turn the command around, except for those that describe its object."""
    *_, last = ["", *expression.split()]
    if command_text.negations(said) - command_text.negations(expression.removesuffix(last)):
        raise InvalidCommandError(_not_to_do(said))


def _refuse_unclear(head: Token, said: str) -> None:
    """Refuse what would lose a part of its meaning."""
    if checks.is_negated(head) or quantity.count(head) == 0:
        raise InvalidCommandError(_not_to_do(said))
    if quantity.is_inexact(head):
        raise InvalidCommandError('Say exactly how many, such as "two mugs" or "all mugs".')
    if checks.opens_with_place(head):
        raise InvalidCommandError(
            'Name the object before its place, such as "pick up the mug on the left".'
        )
    if checks.receiver_first(head):
        raise InvalidCommandError('Say last to whom, such as "give the mug to the man".')
    if lost := checks.lost_looks(head):
        raise InvalidCommandError(
            f'Say "{_text(lost[:1])}" right before the object, such as "the left red mug".'
        )
    if conditions := checks.conditions(head):
        raise InvalidCommandError(f'Say it without the condition after "{conditions[0]}".')
    if checks.offers_choice(head):
        raise InvalidCommandError('Say which one is meant, without "or".')
    if checks.second_order(head):
        raise InvalidCommandError('Begin with the order, such as "pick up the red mug".')


def _text(tokens: Sequence[Token]) -> str:
    """Return tokens as they were written, with a space where some between them are left out."""
    text = ""
    for position, token in enumerate(tokens):
        if position > 0 and (token.nbor(-1).whitespace_ or token.nbor(-1) != tokens[position - 1]):
            text += " "
        text += token.doc.user_data["texts"][token.i]
    return text


def _name(head: Token) -> str:
    """Return the object's name in lower case, its last word in the singular."""
    *first, last = grammar.category_tokens(head)
    written = last.doc.user_data["texts"][last.i].lower()
    if written in words.STAND_INS:
        singular = written.removesuffix("s")
    elif written == "glasses" and quantity.is_plural(last):
        singular = "glass"
    elif written in words.ALWAYS_PLURAL:
        singular = written
    else:
        singular = last.lemma_.lower()
    return _text([*first, last]).lower().removesuffix(written) + singular


def _not_to_do(said: str) -> str:
    return f'"{said}" says what not to do: say which object you do mean.'


def _no_object(sentence: str, head: Token | None) -> str:
    """Return a sentence that says which words to change."""
    if command_text.shares_noun(sentence):
        return 'Name the object with each colour, such as "the red mug and the blue mug".'
    if head is not None:
        return (
            f'"{_text([head])}" could be anything: name the object, '
            'such as "the red mug on the left".'
        )
    return f'"{sentence}" names no object: name one, such as "pick up the red mug".'
