"""What people may say when they are asked which of several candidates they mean.

Patterns match whole phrases: with a word too many, a sentence is no answer.
"""

from __future__ import annotations

import re

from rex_thinker_ros.referring import command_words as words
from rex_thinker_ros.referring.order_check import RANKS, Side


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _any_of(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"


LEADING = re.compile(
    r"\A(?:"
    + _any_of(
        r"\.|ah|oh|well|so|ok|okay|all ?right|yes|yeah|yep|hey|hi|hello|robot|then|now",
        "please|kindly|thanks|thank you|i (?:think|guess|said)|it's|(?:it|that) (?:is|would be)",
        "(?:just|only)(?= (?:the|number) )",
    )
    + r"(?: |\Z))+"
)
TRAILING = re.compile(
    "(?: "
    + _any_of(
        r"\.|then|now|instead|up|please|thanks|thank you|for me|i (?:think|guess)",
        "is (?:fine|good|ok|okay)|(?:will|would) do|would be (?:fine|good|great|nice)",
    )
    + r")+\Z"
)
REQUEST = re.compile(
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

CORRECTION = re.compile(
    r"\b(?:no(?! one\Z)|nope|wait|sorry|actually|i mean|i meant|or rather|make that)\b"
)
_OF_THEM = "(?: of (?:them|these|those))?"
NOTHING = re.compile(
    _any_of(
        f"none{_OF_THEM}|none of the above|neither(?: one)?{_OF_THEM}|nothing|(?:no )*no|nope",
        "no thank you|never ?mind(?: it| that)?|(?:cancel|stop)(?: it| that| this)?|abort",
        "forget (?:about )?(?:it|that)|leave it|i give up",
    )
)
ANY = re.compile(
    _any_of(
        f"(?:any(?: ?one)?|either(?: one)?){_OF_THEM}|any candidate|one of (?:them|these|those)",
        "whichever(?: one)?(?: you (?:like|want|prefer))?|you (?:choose|decide|pick)|your choice",
        "(?:it )?(?:doesn't|does not) matter(?: which(?: one)?)?",
        "(?:i )?(?:don't|do not) (?:care|mind)(?: which(?: one)?)?",
    )
)

NUMBERS = _words("one two three four five six seven eight nine ten eleven twelve")
SIDES = {
    word: side
    for side, names in {
        Side.LEFT: "left leftmost",
        Side.RIGHT: "right rightmost",
        Side.TOP: "top topmost upper uppermost higher highest",
        Side.BOTTOM: "bottom bottommost lower lowermost lowest",
        Side.NEAR: "front foremost near nearer nearest close closer closest",
        Side.FAR: "back rear far farther farthest further furthest",
        Side.LARGEST: "large larger largest big bigger biggest",
        Side.SMALLEST: "small smaller smallest little",
    }.items()
    for word in _words(names)
}
MOTIONS = _words("back far farther further front near nearer close closer lower higher little")
"""Sides that alone tell the robot how to move."""

# these match phrases without "the", in which the object is called "one"
_N = f"(?P<number>[0-9]{{1,4}}|{_any_of(*NUMBERS)})"
_RANK = f"(?P<rank>{_any_of(*RANKS)})"
_SIDE = f"(?P<side>{_any_of(*SIDES)})"
_MOST = f"(?P<side>{_any_of(*(word for word in SIDES if word.endswith(('most', 'est'))))})"
END = "(?P<side>left|right|top|bottom|front|back|rear)(?: side| end)?"
NUMBER = re.compile(
    f"(?:(?:(?:one|candidate) (?:with )?)?(?:number|numbered|labell?ed|marked) |candidate )?{_N}"
)
ALL = re.compile(
    _any_of(
        f"(?P<both>both)(?:{_OF_THEM}|(?: of)? (?:ones|candidates))",
        f"all(?: {_N})?{_OF_THEM}|(?:them|these|those) all",
        f"(?:every|each)(?: single)?(?: one)?{_OF_THEM}",
    )
)
ORDERS = tuple(
    re.compile(pattern)
    for pattern in (
        f"{_SIDE}(?: one)?(?: of two| of them)?",
        f"{_RANK} {_MOST}(?: one)?",
        f"{_RANK}(?: one)? from {END}",
        f"(?:(?:one )?(?:that is )?(?:on|to|at|in) )?{END}",
        f"(?:one )?(?:that is )?{_MOST}(?: away| (?:to|from) camera)?",
    )
)
MIDDLE = re.compile(
    _any_of(
        "(?:middle|center|centre)(?: one)?",
        "(?:one )?(?:that is )?(?:in|at) (?:middle|center|centre|between)",
    )
)
ORDINAL = re.compile(f"{_RANK}(?: one)?")

RELATION = re.compile(
    _any_of(
        *sorted(words.PLACE_WORDS - {"to", "toward", "towards"}),
        "with|without|touching|facing|standing|lying|leaning|made of|(?:left|right) of",
        "close to|closer to|closest|nearer|nearest|farther|farthest|further|furthest",
        "to the (?:left|right)",
    )
    + " "
)
"""What begins the surroundings of an object."""

DESCRIPTION = re.compile(
    r"(?P<article>(?:the|an?) )?(?P<looks>(?:\S+ )*?)one(?: (?P<surroundings>.+))?"
)
_COLOR = _any_of(*sorted(words.COLORS), "orange")
JOINTS = re.compile(
    r"\b"
    + _any_of(
        rf"{_COLOR} and (?={_COLOR}\b)",
        r"(?<=one between )(?:\w+ ){1,3}and (?=(?:the|an?) )",
        r"(?<=one )that (?:is|has)\b",
        r"(?:next|(?:close|near)\w*) to\b|to the (?:left|right)\b",
    )
)
"""Where words that may begin something else belong to a description."""

NOT_DESCRIBING = frozenset().union(
    words.NEGATIONS - {"without"},
    words.PEOPLE,
    words.ROBOT_PARTS,
    words.CLAUSE_STARTS,
    words.ENTERING_WORDS,
    _words("one ones and or to is are was were be has have had do does did after number once ."),
    _words("it its them my your his her our their mine yours this these those that there here"),
    _words("out off away up other another same wrong correct last previous moment minute way"),
)
NOT_LOOKS = words.STARTERS | words.PLACE_WORDS | words.QUESTION_STARTS | {"with", "without"}
