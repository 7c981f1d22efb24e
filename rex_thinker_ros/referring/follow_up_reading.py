"""Reading the operator's answer to the question which of several matching candidates is meant.

It is read in the light of that question, so that "the left one" is enough. What is not surely an
answer is none: a command of its own must never choose among the candidates of an older one.
Patterns match whole phrases: with a word too many, a sentence is no answer.
"""

from __future__ import annotations

import re

from rex_thinker_ros.referring import command_words as words
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
from rex_thinker_ros.referring.order_check import RANKS, Side

MAX_CHARACTERS = 200
"""No answer is longer."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _any_of(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"


_LEADING = re.compile(
    r"\A(?:"
    + _any_of(
        r"\.|ah|oh|well|so|ok|okay|all ?right|yes|yeah|yep|hey|hi|hello|robot|then|now",
        "please|kindly|thanks|thank you|i (?:think|guess|said)|it's|(?:it|that) (?:is|would be)",
        "(?:just|only)(?= (?:the|number) )",
    )
    + r"(?: |\Z))+"
)
_TRAILING = re.compile(
    "(?: "
    + _any_of(
        r"\.|then|now|instead|up|please|thanks|thank you|for me|i (?:think|guess)",
        "is (?:fine|good|ok|okay)|(?:will|would) do|would be (?:fine|good|great|nice)",
    )
    + r")+\Z"
)
_REQUEST = re.compile(
    _any_of(
        "(?:can|could|would|will) you (?:please |just )?",
        "i(?: want|'d like| would like) you to |let's |i'll |i'd |i would |i ",
    )
    + "?"
    + _any_of(
        "pick(?: up| out)?|(?:bring|find|get|give|hand|pass|show)(?: me| us)?|go (?:for|with)",
        "make it|point (?:at|to)|choose|fetch|grab|grasp|hold|identify|lift|like|locate|need",
        "prefer|select|take|touch|use|want|(?:can|could) i have|i'll have",
    )
    + r"(?: |\Z)"
)
"""What may ask for an object without saying where it shall go."""

_CORRECTION = re.compile(
    r"\b(?:no(?! one\Z)|nope|wait|sorry|actually|i mean|i meant|or rather|make that)\b"
)
_OF_THEM = "(?: of (?:them|these|those))?"
_NOTHING = re.compile(
    _any_of(
        f"none{_OF_THEM}|none of the above|neither(?: one)?{_OF_THEM}|nothing|(?:no )*no|nope",
        "no thank you|never ?mind(?: it| that)?|(?:cancel|stop)(?: it| that| this)?|abort",
        "forget (?:about )?(?:it|that)|leave it|i give up",
    )
)
_ANY = re.compile(
    _any_of(
        f"(?:any(?: ?one)?|either(?: one)?){_OF_THEM}|any candidate|one of (?:them|these|those)",
        "whichever(?: one)?(?: you (?:like|want|prefer))?|you (?:choose|decide|pick)|your choice",
        "(?:it )?(?:doesn't|does not) matter(?: which(?: one)?)?",
        "(?:i )?(?:don't|do not) (?:care|mind)(?: which(?: one)?)?",
    )
)

_NUMBERS = _words("one two three four five six seven eight nine ten eleven twelve")
_SIDES = {
    word: side
    for side, names in {
        Side.LEFT: "left leftmost",
        Side.RIGHT: "right rightmost",
        # what stands farther away on a table is higher in its picture
        Side.TOP: "top topmost upper uppermost higher highest back rear far farther farthest "
        "further furthest",
        Side.BOTTOM: "bottom bottommost lower lowermost lowest front foremost near nearer nearest "
        "close closer closest",
        Side.LARGEST: "large larger largest big bigger biggest",
        Side.SMALLEST: "small smaller smallest little",
    }.items()
    for word in _words(names)
}
_MOTIONS = _words("back far farther further front near nearer close closer lower higher little")
"""Sides that alone tell the robot how to move."""

# these match phrases without "the", in which the object is called "one"
_N = f"(?P<number>[0-9]{{1,4}}|{_any_of(*_NUMBERS)})"
_RANK = f"(?P<rank>{_any_of(*RANKS)})"
_SIDE = f"(?P<side>{_any_of(*_SIDES)})"
_MOST = f"(?P<side>{_any_of(*(word for word in _SIDES if word.endswith(('most', 'est'))))})"
_END = "(?P<side>left|right|top|bottom|front|back|rear)(?: side| end)?"
_NUMBER = re.compile(
    f"(?:(?:(?:one|candidate) (?:with )?)?(?:number|numbered|labell?ed|marked) |candidate )?{_N}"
)
_ALL = re.compile(
    _any_of(
        f"(?P<both>both)(?:{_OF_THEM}|(?: of)? (?:ones|candidates))",
        f"all(?: {_N})?{_OF_THEM}|(?:them|these|those) all",
        f"(?:every|each)(?: single)?(?: one)?{_OF_THEM}",
    )
)
_ORDERS = tuple(
    re.compile(pattern)
    for pattern in (
        f"{_SIDE}(?: one)?(?: of two| of them)?",
        f"{_RANK} {_MOST}(?: one)?",
        f"{_RANK}(?: one)? from {_END}",
        f"(?:(?:one )?(?:that is )?(?:on|to|at|in) )?{_END}",
        f"(?:one )?(?:that is )?{_MOST}(?: away| (?:to|from) camera)?",
    )
)
_MIDDLE = re.compile(
    _any_of(
        "(?:middle|center|centre)(?: one)?",
        "(?:one )?(?:that is )?(?:in|at) (?:middle|center|centre|between)",
    )
)
_ORDINAL = re.compile(f"{_RANK}(?: one)?")

_RELATION = re.compile(
    _any_of(
        *sorted(words.PLACE_WORDS - {"to", "toward", "towards"}),
        "with|without|touching|facing|standing|lying|leaning|made of|(?:left|right) of",
        "close to|closer to|closest|nearer|nearest|farther|farthest|further|furthest",
        "to the (?:left|right)",
    )
    + " "
)
"""What begins the surroundings of an object."""

_DESCRIPTION = re.compile(
    r"(?P<article>(?:the|an?) )?(?P<looks>(?:\S+ )*?)one(?: (?P<surroundings>.+))?"
)
_COLOR = _any_of(*sorted(words.COLORS), "orange")
_JOINTS = re.compile(
    r"\b"
    + _any_of(
        rf"{_COLOR} and (?={_COLOR}\b)",
        r"(?<=one between )(?:\w+ ){1,3}and (?=(?:the|an?) )",
        r"(?<=one )that (?:is|has)\b",
        r"(?:next|(?:close|near)\w*) to\b|to the (?:left|right)\b",
    )
)
"""Where words that may begin something else belong to a description."""

_NOT_DESCRIBING = frozenset().union(
    words.NEGATIONS - {"without"},
    words.PEOPLE,
    words.ROBOT_PARTS,
    words.CLAUSE_STARTS,
    words.ENTERING_WORDS,
    _words("one ones and or to is are was were be has have had do does did after number once ."),
    _words("it its them my your his her our their mine yours this these those that there here"),
    _words("out off away up other another same wrong correct last previous moment minute way"),
)
_NOT_LOOKS = words.STARTERS | words.PLACE_WORDS | words.QUESTION_STARTS | {"with", "without"}


def read_follow_up(sentence: str, category: str) -> FollowUp | None:
    """Return what a sentence chooses among candidates of a category, None if it is no answer.

    A bare phrase may name the category ("the left mug"): among what was offered it can do less
    harm than as a command. With a verb ("pick up the left mug") it is a new command, which counts
    all mugs, and so is every sentence that names another object. What shall not be taken ("not
    the left one") is no choice. Of a corrected answer ("left, no, right") the last part counts.
    """
    text = _plain(sentence)
    if text is None:
        return None
    if _NOTHING.fullmatch(_without_courtesies(text)):
        return Nothing()
    *corrected, last = _CORRECTION.split(text)
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
    return _TRAILING.sub("", " " + _LEADING.sub("", text.strip())).strip()


def _without_the(phrase: str) -> str:
    return re.sub(r"\bthe ", "", phrase)


def _read(text: str, category: str) -> FollowUp | None:
    """Return what one part of a sentence chooses, in which nothing is corrected."""
    phrase = _without_courtesies(text)
    if phrase in ("right", "all") and not {phrase, "please", "."}.issuperset(text.split()):
        return None  # "okay, right" and "that's all" answer nothing
    request = _REQUEST.match(phrase)
    if request:
        phrase = _without_courtesies(phrase[request.end() :])
    phrase, names_category = _with_candidate(phrase, category)
    if number := _NUMBER.fullmatch(re.sub(r"\bthe (?=\w+ )", "", phrase)):  # not "the two"
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
    return int(number) if number.isdecimal() else _NUMBERS.index(number) + 1


def _read_several(phrase: str) -> All | AnyOne | Nothing | None:
    """Return how a phrase answers without choosing one."""
    if _NOTHING.fullmatch(phrase):
        return Nothing()
    if _ANY.fullmatch(phrase):
        return AnyOne()
    match = _ALL.fullmatch(_without_the(phrase))
    if match is None:
        return None
    count = "2" if match["both"] else match["number"]
    return All(_count(count) if count else None)


def _read_order(phrase: str) -> ByOrder | ByOrdinal | InTheMiddle | None:
    """Return the place that a phrase names, if it says no more."""
    short = _without_the(phrase)
    if _MIDDLE.fullmatch(short):
        return InTheMiddle()
    if ordinal := _ORDINAL.fullmatch(short):
        return ByOrdinal(RANKS[ordinal["rank"]])
    match = next(filter(None, (order.fullmatch(short) for order in _ORDERS)), None)
    if match is None or phrase in _MOTIONS:
        return None
    return ByOrder(_SIDES[match["side"]], RANKS[match.groupdict().get("rank", "first")])


def _read_description(phrase: str, category: str) -> ByDescription | None:
    """Return what a phrase says of the looks and surroundings of one object, if it says no more."""
    bare = phrase.removeprefix("the ")
    if bare in words.COLORS:
        phrase = f"{bare} one"
    elif _RELATION.match(bare):
        phrase = f"one {bare}"
    match = _DESCRIPTION.fullmatch(phrase)
    if match is None:
        return None
    looks, surroundings = match["looks"].split(), match["surroundings"] or ""
    said = _JOINTS.sub("", f"{match['looks']}one {surroundings}").split()
    said.remove("one")
    counted = re.fullmatch(f"from (?:the )?{_END}", surroundings) is not None
    placed = (
        re.match(rf"that (?:is|has) (?!(?:left|right)\Z)|{_RELATION.pattern}", surroundings)
        is not None
    )
    if (
        not (looks or surroundings)
        or (surroundings and not counted and not placed)
        # an ordinal needs a side to count from, and the other way round
        or counted == RANKS.keys().isdisjoint(said)
        # without an article, an unknown word may be a verb
        or not (match["article"] or (words.COLORS | words.DESCRIBING_NOUNS).issuperset(looks))
        or not _NOT_LOOKS.isdisjoint(looks)
        or not _NOT_DESCRIBING.isdisjoint(said)
        or any(re.search(r"[0-9]$|n't$", word) for word in said)
    ):
        return None
    return ByDescription(" ".join([*looks, category, *surroundings.split()]))
