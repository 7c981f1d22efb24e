"""The closed lists of words that the small language model does not know well enough."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COURTESIES = _words(
    "please kindly hey hi hello ok okay alright well so now then robot just um uh thanks yes and"
)
"""Words before a command that carry nothing."""

TRAILERS = _words(
    "please now first again quickly slowly carefully gently immediately there here up down away "
    "back over too instead thanks then robot on in off out at to with of by from"
)
"""Words after the object that carry nothing about it."""

VERBS = _words(
    "bring catch choose clamp close collect deliver detect drop empty fetch fill find follow "
    "get give go grab grasp grip hand hold identify insert lay leave lift locate look move open "
    "pass pick place point pour press pull push put reach remove retrieve return rotate search "
    "select set show slide spot stack store swap switch take tap throw toss touch turn "
    "approach clean drive navigate roll sort walk wipe"
)
"""Verbs that open a command even where no determiner follows them."""

PLACING_VERBS = _words(
    "drop dump hang insert lay leave load mount move place position put rest set slide stack "
    "stick store throw toss"
)
"""Verbs whose last place is where the object shall go, not where it is."""

TRANSFER_VERBS = PLACING_VERBS | _words("bring carry deliver give hand pass return send take")
"""Verbs whose "to ..." is where the object shall go."""

PLACE_WORDS = _words(
    "above against at behind below beneath beside between by in inside near next on over to "
    "toward towards under underneath"
)
"""Words that begin a place."""

ENTERING_WORDS = _words("into onto")
"""Words that begin a destination after every verb."""

CLAUSE_STARTS = _words("because before but if so then unless until when while")
"""Words that begin something other than a description of the object."""

QUESTION_STARTS = _words(
    "where where's which what what's who who's how is are do does did can could would will may "
    "there there's here i i'm i'd we you it he she they let let's"
)
"""Words that begin a sentence which is no plain order and no bare phrase."""

STARTERS = _words(
    "the a an my your his her our their this that these those me us him them it all both every "
    "each any some"
)
"""Words that never follow a noun within its phrase: what stands before them is a verb."""

QUANTIFIERS_OF_ALL = _words("all both every each")

DROPPED_DETERMINERS = STARTERS | _words("which what how many just only exactly single")
"""Words at the front of a phrase that do not describe the object."""

NEGATIONS = _words("not n't dont never neither nor no stop avoid except without")
"""Words before an object that turn the command around."""

PEOPLE = _words("i me you he him she we us they myself yourself")

VAGUE_NOUNS = _words(
    "it them this that these those one ones thing things object objects item items stuff "
    "something anything everything nothing someone anyone everyone somebody what which who whom "
    "there here all both each any some none another other others two three four five rest"
)
"""Heads that name nothing a detector could look for."""

DIRECTIONS = _words(
    "left right front back side top bottom middle center centre end corner forward backward "
    "forwards backwards up down here there way home bit"
)
"""Heads that name a direction, not an object."""

ROBOT_PARTS = _words("camera gripper arm hand finger robot head")
"""What a command may move towards the object."""

COLORS = _words(
    "red green blue yellow black white gray grey brown purple pink cyan magenta beige violet "
    "turquoise teal silver gold"
)

DESCRIBING_NOUNS = (
    COLORS
    | DIRECTIONS
    | _words(
        "orange leftmost rightmost topmost bottommost uppermost lowermost upper lower nearest "
        "closest farthest furthest first second third fourth forth fifth sixth last next "
        "biggest largest smallest tallest shortest big large small little tiny tall short "
        "plastic metal paper glass steel iron wood wooden ceramic rubber cardboard aluminum "
        "aluminium tin leather cotton foam"
    )
)
"""Modifiers that are tagged as nouns and yet are no part of the object's name."""

ADJECTIVE_NAMES = frozenset(
    {
        ("remote", "control"),
        ("hot", "dog"),
        ("mobile", "phone"),
        ("stuffed", "animal"),
        ("soft", "drink"),
        ("adjustable", "wrench"),
    }
)
"""Names of objects whose first word is an adjective."""

ALWAYS_PLURAL = _words(
    "scissors glasses sunglasses goggles pliers tweezers tongs shears clippers binoculars "
    "headphones earphones pants jeans trousers shorts"
)
"""Nouns that are one object in the plural."""

GROUP_NOUNS = _words("pair set group couple kind type rest")
"""Nouns whose "of ..." names the object."""

STAND_INS = {
    "can": "bottle",
    "cans": "bottles",
    "cyan": "blue",
    "magenta": "red",
    "beige": "white",
    "turquoise": "blue",
    "teal": "blue",
    "leftmost": "biggest",
    "rightmost": "biggest",
    "topmost": "biggest",
    "closest to": "next to",
    "nearest to": "next to",
    "farthest to": "next to",
    "furthest to": "next to",
    "closest from": "away from",
    "farthest from": "away from",
    "furthest from": "away from",
}
"""Words that the language model reads wrongly, and words to parse in their place."""
