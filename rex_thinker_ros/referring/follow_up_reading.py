"""Reading the operator's answer to the question which of several matching candidates is meant.

It is read in the light of that question, so that "the left one" is enough. What is not surely an
answer is none: a command of its own must never choose among the candidates of an older one.
"""

from __future__ import annotations

import re

from rex_thinker_ros.referring import command_words as words
from rex_thinker_ros.referring import follow_up_patterns as patterns
from rex_thinker_ros.referring.follow_up import (
    All,
    AnyOne,
    ByDescription,
    ByNumber,
    ByOrder,
    ByOrdinal,
    FollowUp,
    InTheMiddle,
    Nothing,
)
from rex_thinker_ros.referring.order_check import RANKS

MAX_CHARACTERS = 200
"""No answer is longer."""


def read_follow_up(sentence: str, category: str) -> FollowUp | None:
    """Return what a sentence chooses among candidates of a category, None if it is no answer.

    A bare phrase may name the category ("the left mug"): among what was offered it can do less
    harm than as a command. With a verb ("pick up the left mug") it is a new command, which counts
    all mugs, and so is every sentence that names another object. What shall not be taken ("not
    the left one") is no choice. Of a corrected answer ("left, no, right") the last part counts.

    An answer is about the image that was asked about. So while a question is open, "the left mug"
    is decided on that image, however old it has become, and not on a new one, whose age would be
    checked: the dialogue_timeout alone bounds it, where max_image_age bounds that of a command.
    """
    text = _plain(sentence)
    if text is None:
        return None
    if patterns.NOTHING.fullmatch(_without_courtesies(text)):
        return Nothing()
    *corrected, last = patterns.CORRECTION.split(text)
    if any(_without_courtesies(part) and not _read(part, category) for part in corrected):
        return None
    return _read(last, category)


def _plain(sentence: str) -> str | None:
    """Return lower-case words, with a dot between sentences; None where there are other signs."""
    if len(sentence) > MAX_CHARACTERS:
        return None
    text = sentence.lower().replace("’", "'").replace("that's", "that is")
    text = re.sub(r"\b(?:u[mh]+|er+m?|hm+)\b", " ", text)
    text = re.sub(r"#\s*(?=[0-9])|\b(?:no|nr|num)\b[.\s]*(?=[0-9])", "number ", text)
    text = re.sub(r"[.!?;:…]+", " . ", text)
    text = re.sub(r"(?<=\w)-(?=[^\W\d])|[,()\"“”–—]|(?<!\w)'|'(?!\w)|(?<!\S)-+(?!\S)", " ", text)
    if re.search(r"[^\w\s'.]|_", text):
        return None
    text = " ".join(text.split())
    text = re.sub(r"\b(left|right|top|bottom|upper|lower) most\b", r"\1most", text)
    return re.sub(r"\b(?:far|very) (?=left\b|right\b)", "", text)


def _without_courtesies(text: str) -> str:
    return patterns.TRAILING.sub("", " " + patterns.LEADING.sub("", text.strip())).strip()


def _without_the(phrase: str) -> str:
    return re.sub(r"\bthe ", "", phrase)


def _read(text: str, category: str) -> FollowUp | None:
    """Return what one part of a sentence chooses, in which nothing is corrected."""
    phrase = _without_courtesies(text)
    if phrase in ("right", "all") and not {phrase, "please", "."}.issuperset(text.split()):
        return None  # "okay, right" and "that's all" answer nothing
    request = patterns.REQUEST.match(phrase)
    if request:
        phrase = _without_courtesies(phrase[request.end() :])
    phrase, names_category = _with_candidate(phrase, category)
    if number := patterns.NUMBER.fullmatch(re.sub(r"\bthe (?=\w+ )", "", phrase)):  # not "the two"
        is_amount = request and number["number"] == phrase  # "give me two"
        return None if is_amount else ByNumber(_count(number["number"]))
    if request and names_category:
        return None
    if several := _read_several(phrase):
        return several
    phrase = re.sub(r"\bcandidate(s?)\b", r"one\1", phrase)
    phrase = re.sub(r"\b(left|right) ?hand (?=one\b|side\b)", r"\1 ", phrase)
    phrase = re.sub(
        r"\b(?:more|most|f[au]rthe(?:r|st)) (?:to the )?(left|right)$", r"on \1", phrase
    )
    phrase = re.sub(r"^(?:that|this) (?!one$)", "the ", phrase)
    return _read_order(phrase) or _read_description(phrase, category)


def _with_candidate(phrase: str, category: str) -> tuple[str, bool]:
    """Return a phrase with "candidate" for the noun it is about, and whether that is the category.

    Where the phrase says "one", its nouns are about something else.
    """
    phrase = re.sub(r"\b(?:option|object|item|thing)(s?)\b", r"candidate\1", phrase)
    name = _plain(category)
    if not name or re.search(r"(?<!number )\bones?\b|\bcandidates?\b", phrase):
        return phrase, False
    noun = "|".join(map(re.escape, (name, name.split()[-1])))
    phrase, plural = re.subn(rf"\b(?:{noun})e?s\b", "candidates", phrase, count=1)
    if plural:
        return phrase, True
    phrase, singular = re.subn(rf"\b(?:{noun})\b", "candidate", phrase, count=1)
    return phrase, bool(singular)


def _count(number: str) -> int:
    return int(number) if number.isdecimal() else patterns.NUMBERS.index(number) + 1


def _read_several(phrase: str) -> All | AnyOne | Nothing | None:
    """Return how a phrase answers without choosing one."""
    if patterns.NOTHING.fullmatch(phrase):
        return Nothing()
    if patterns.ANY.fullmatch(phrase):
        return AnyOne()
    match = patterns.ALL.fullmatch(_without_the(phrase))
    if match is None:
        return None
    count = "2" if match["both"] else match["number"]
    return All(_count(count) if count else None)


def _read_order(phrase: str) -> ByOrder | ByOrdinal | InTheMiddle | None:
    """Return the place that a phrase names, if it says no more."""
    short = _without_the(phrase)
    if patterns.MIDDLE.fullmatch(short):
        return InTheMiddle()
    if ordinal := patterns.ORDINAL.fullmatch(short):
        return ByOrdinal(RANKS[ordinal["rank"]])
    match = next(filter(None, (order.fullmatch(short) for order in patterns.ORDERS)), None)
    if match is None or phrase in patterns.MOTIONS:
        return None
    return ByOrder(patterns.SIDES[match["side"]], RANKS[match.groupdict().get("rank", "first")])


def _read_description(phrase: str, category: str) -> ByDescription | None:
    """Return what a phrase says of the looks and surroundings of one object, if it says no more."""
    bare = phrase.removeprefix("the ")
    if bare in words.COLORS:
        phrase = f"{bare} one"
    elif patterns.RELATION.match(bare):
        phrase = f"one {bare}"
    match = patterns.DESCRIPTION.fullmatch(phrase)
    if match is None:
        return None
    looks, surroundings = match["looks"].split(), match["surroundings"] or ""
    said = patterns.JOINTS.sub("", f"{match['looks']}one {surroundings}").split()
    said.remove("one")
    counted = re.fullmatch(f"from (?:the )?{patterns.END}", surroundings) is not None
    placed = (
        re.match(rf"that (?:is|has) (?!(?:left|right)\Z)|{patterns.RELATION.pattern}", surroundings)
        is not None
    )
    if (
        not (looks or surroundings)
        or (surroundings and not counted and not placed)
        # an ordinal needs a side to count from, and the other way round
        or counted == RANKS.keys().isdisjoint(said)
        # without an article, an unknown word may be a verb
        or not (match["article"] or (words.COLORS | words.DESCRIBING_NOUNS).issuperset(looks))
        or not patterns.NOT_LOOKS.isdisjoint(looks)
        or not patterns.NOT_DESCRIBING.isdisjoint(said)
        or any(re.search(r"[0-9]$|n't$", word) for word in said)
    ):
        return None
    return ByDescription(" ".join([*looks, category, *surroundings.split()]))
