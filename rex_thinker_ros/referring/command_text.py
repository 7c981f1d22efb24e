"""What is read of a sentence before it is parsed: signs, corrections, salutations and motions.

All of it works on whole words of plain text, where the language model is not sure enough.
"""

from __future__ import annotations

import re
from collections import Counter

from rex_thinker_ros.referring import command_words as words


def _any_of(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"


_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)|;|--|[–—]|(?<=\s)-(?=\s)")
_WORD = re.compile(r"\w+(?:'\w+)*")
_MARKS = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'"} | dict.fromkeys('"“”„«»'))

_STARTER = _any_of(*sorted(words.STARTERS | words.PLACE_WORDS | words.NEGATIONS))
_CORRECTION = re.compile(
    r"\b"
    + _any_of(
        rf"(?<!\bwith )no(?=[,.;:!]| (?:{_STARTER}|wait|sorry|i)\b|\s*$)",
        "nope|wait|hold on|sorry|oops|actually|correction|i meant?|or rather|make (?:that|it)",
        "(?:scratch|strike) that",
    )
    + r"\b",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(r"\bleave\b.* (?:alone|be|where|as)\b", re.IGNORECASE)
_SEQUEL = re.compile(r"\b(?:then|and) stop\b", re.IGNORECASE)
_THEN = re.compile(r",?\s*\b(?:and )?then\b,?\s*", re.IGNORECASE)

_COLOR = _any_of(*sorted(words.COLORS))
_SHARED_NOUN = re.compile(rf"\b{_COLOR} and (?:the|an?) {_COLOR}\b", re.IGNORECASE)

_VERB = _any_of(*sorted(words.VERBS))
_NOUN_FOR_ORDER = "(?:task|job|goal|mission|order|command|instruction|objective|step|turn)"
_LEAD = re.compile(
    r"\s*"
    + _any_of(
        "(?:good|nice) (?:morning|afternoon|evening|day|night)(?: (?:robot|everyone|sir))?",
        "do (?:me|us) (?:a|the) (?:big )?favou?r and",
        "(?:please )?be so (?:kind|good) (?:as to|and)",
        f"(?:the|your|my|our) (?:next |first |new )?{_NOUN_FOR_ORDER} (?:now )?(?:is|was) "
        "(?:for you )?(?:now )?to",
        "i(?: was|'m| am) (?:just )?wondering (?:if|whether) you (?:can|could|would|might)",
        "i(?:'d| would) (?:really )?(?:appreciate|love) it if you (?:can|could|would)",
        "(?:would it be|is it) possible (?:for you )?to",
        f"(?:can|could|would|will) you (?:please |kindly |just )?(?={_VERB}\\b)",
        "go ahead and|make sure (?:to|that you|you)|remember to",
    )
    + r"\b[\s,:]*(?:please )?",
    re.IGNORECASE,
)
_ASKING = _any_of(*sorted(words.VERBS | words.QUESTION_STARTS | {"please", "kindly"}))
_CALL = re.compile(rf"\s*((?:[\w'-]+[\s,]+){{1,5}}?)(?<=[,:]) *(?={_ASKING}\b)", re.IGNORECASE)
_NO_NAMES = (
    words.STARTERS | words.PLACE_WORDS | words.QUESTION_STARTS | words.NEGATIONS
    | words.DESCRIBING_NOUNS | words.VERBS | words.CONDITIONS | {"from", "of", "with", "one"}
)  # fmt: skip

_DIRECTION = (
    r"(?:(?:counter|anti)-?)?clockwise|around|sideways|upright|upside down|aside|forwards?|"
    r"backwards?|inwards?|outwards?|left|right"
)
_SIDE = r"(?:to|towards?) (?:the |your |my )?(?:left|right|front|back|side)(?! of\b)"
_AMOUNT = rf"(?:\d+(?:\.\d+)?|an?|half an?|{_any_of(*words.NUMBERS)})"
_MEASURE = rf"(?:by )?(?:about |another )?{_AMOUNT} ?(?:few )?{_any_of(*sorted(words.UNITS))}"
_WAY = rf"(?:{_MEASURE}|{_DIRECTION}|{_SIDE}|a (?:bit|little)|slightly|up|down|back|away)"
_MOTION = re.compile(
    "".join(rf"(?<!\b{word})" for word in ("the", "to", "on", "in", "at", "from", "is", "are"))
    + rf"\s+{_WAY}(?:\s+{_WAY})*(?=\s*(?:$|[,.]|(?:and|then|please|now)\b))",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Return a text in plain signs: straight apostrophes, no quotes, commas for brackets."""
    text = text.translate(_MARKS)
    text = re.sub(r"(?<!\w)'([^']+)'(?!\w)", r"\1", text)
    text = re.sub(r"(?<=\d)\s?[–—]\s?(?=\d)", "-", text)
    text = re.sub(r"\s*\(\s*", ", ", text)
    text = re.sub(r"\s*\)(?=\s*\w)", ",", text).replace(")", "")
    text = re.sub(r"\bno\.? ?(?=\d)", "number ", text, flags=re.IGNORECASE)
    text = text.lower() if text.isupper() else text
    return " ".join(text.split())


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, without what only leads to an order or says how to move."""
    parts = [part for whole in _SENTENCE_END.split(text) for part in _story_and_order(whole)]
    return [_without_motion(_without_lead(part)) for part in parts]


def _story_and_order(sentence: str) -> list[str]:
    """Return a sentence in two where an order follows what it tells: "I see a can, take it"."""
    for comma in re.finditer(r",|\band\b", sentence):
        if is_statement(sentence[: comma.start()]) and order_verb(sentence[comma.end() :]):
            return [sentence[: comma.start()], sentence[comma.end() :].strip()]
    return [sentence]


def _without_lead(sentence: str) -> str:
    """Return a sentence from its order on, without "good morning" and "computer, "."""
    while match := _LEAD.match(sentence):
        sentence = sentence[match.end() :]
    call = _CALL.match(sentence)
    if call and not set(_words(call[1])) & _NO_NAMES:
        return sentence[call.end() :]
    return sentence


def _without_motion(sentence: str) -> str:
    """Return an order without which way and how far to move: "clockwise", "10 cm to the left"."""
    said = _words(sentence)
    while said and said[0] in words.COURTESIES:
        said.pop(0)
    if not said or said[0] not in words.MOTION_VERBS:
        return sentence
    return _MOTION.sub("", sentence)


def corrected(text: str) -> list[str]:
    """Return what is said before each correction and, last, after them: "left, no, right"."""
    if not _CORRECTION.search(text):
        return [text]
    *before, last = (part.strip(" ,.;:!-") for part in _CORRECTION.split(text))
    return [*(part for part in before if set(_words(part)) - words.COURTESIES), last]


def negations(text: str) -> Counter[str]:
    """Return the words of a text that turn a command around."""
    text = _SEQUEL.sub("", text)
    found = Counter(
        word for word in _words(text) if word in words.NEGATIONS or word.endswith("n't")
    )
    return found + Counter(["leave"] * bool(_GIVEN_UP.search(text)))


def order_verb(sentence: str) -> str:
    """Return the verb of an order that a sentence begins with, after courtesies; "" for none."""
    said = iter(_words(_without_lead(sentence)))
    first = next((word for word in said if word not in words.COURTESIES), "")
    return first if first in words.VERBS else ""


def asks_for_more(sentence: str) -> bool:
    """Return whether a sentence asks for a further object after a "then"."""
    first, *rest = _THEN.split(sentence)
    return bool(first.strip()) and any(_asks_for_another(_words(later)) for later in rest)


def _asks_for_another(said: list[str]) -> bool:
    """Return whether words begin with an object, or with an order to take one that is not "it"."""
    if not said:
        return False
    takes = said[0] in words.TAKING_VERBS and words.PRONOUNS.isdisjoint(said[1:3])
    return takes or said[0] in words.STARTERS - words.PRONOUNS


def reports(sentence: str) -> bool:
    """Return whether a sentence only tells what somebody does or did: "I dropped the mug"."""
    return is_statement(sentence) and _words(sentence)[0].split("'")[0] in words.TELLING_PEOPLE


def is_fragment(sentence: str) -> bool:
    """Return whether a sentence only adds to a description: "The red one.", "On the left."."""
    if order_verb(sentence) or is_statement(sentence):
        return False
    return bool(set(_words(sentence)) & (words.DESCRIBING_NOUNS | {"one", "ones"}))


def shares_noun(sentence: str) -> bool:
    """Return whether colours share a noun, as in "the red and the blue mug"."""
    return bool(_SHARED_NOUN.search(sentence))


def is_statement(sentence: str) -> bool:
    """Return whether a sentence tells rather than asks."""
    said = _words(sentence)
    tells = bool(said) and said[0].split("'")[0] in words.TELLING_STARTS
    # elsewhere, a can is an object
    wants = said[1:2] == ["can"] or set(said) & words.WANTING_WORDS
    return tells and not wants


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
