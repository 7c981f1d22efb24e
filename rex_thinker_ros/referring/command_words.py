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
"""Words after the object that carry nothing about it, unless a word before them says so."""

ALWAYS_TRAILERS = _words("please now again thanks then robot too instead")
"""Those of them that carry nothing in any place."""

VERBS = _words(
    "bring catch choose clamp close collect deliver detect drop empty fetch fill find follow "
    "get give go grab grasp grip hand hold identify insert lay leave lift locate look move open "
    "pass pick place point pour press pull push put reach remove retrieve return rotate search "
    "select set show slide spot stack store swap switch take tap throw toss touch turn "
    "approach begin clean continue drive navigate nudge raise roll shift sort spin start tilt try "
    "turn walk water wipe"
)
"""Verbs that open a command even where no determiner follows them."""

GOING_VERBS = _words("approach come drive go listen look navigate see stand step walk watch")
"""Orders that another order often follows, which then says what is meant."""

TAKING_VERBS = _words("bring catch collect fetch get give grab grasp hand lift pass pick take")
"""Verbs with an object that, unlike "put on", take no preposition before it."""

MOTION_VERBS = _words(
    "drag flip lift lower move nudge pull push raise roll rotate shift slide spin tilt turn"
)
"""Verbs that say how far or which way the object shall go."""

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

TELLING_STARTS = _words("i we you he she it they this that these those there here")
"""Words that begin a sentence which tells something, unless it says what is wanted."""

TELLING_PEOPLE = _words("i we you he she they")

WANTING_WORDS = _words("want wants need needs like looking searching should must could please")

STARTERS = _words(
    "the a an my your his her our their this that these those me us him them it all both every "
    "each any some"
)
"""Words that never follow a noun within its phrase: what stands before them is a verb."""

PRONOUNS = _words("me us him them it that this those these")

QUANTIFIERS_OF_ALL = _words("all both every each")

DROPPED_DETERMINERS = STARTERS | _words("which what how many just only exactly single")
"""Words at the front of a phrase that do not describe the object."""

NEGATIONS = _words(
    "not n't nt dont doesnt didnt cant cannot wont shouldnt mustnt never neither nor no none "
    "nobody nothing zero stop avoid except without ignore forget quit cease halt abort cancel "
    "refrain skip"
)
"""Words that turn a command around, unless they describe its object."""

TURNS_BEFORE = NEGATIONS | _words("instead but")
"""Words before an object that turn the command around."""

CONDITIONS = _words("if unless until when but")
"""Words that begin what an order depends on, unless they belong to a courtesy."""

CONDITION_COURTESIES = _words("you possible necessary careful carefully gently slowly be please")
"""Words after "if" or "but" with which it carries nothing."""

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

UNITS = _words(
    "mm cm m km inch inches foot feet degree degrees millimeter millimeters millimetre "
    "millimetres centimeter centimeters centimetre centimetres meter meters metre metres "
    "liter liters litre litres l ml kg g step steps second seconds minute minutes time times"
)
ASPECTS = _words("number color colour size shape weight name task job favor favour")
"""What people ask about an object, or for: nothing that a detector could look for."""

ROBOT_PARTS = _words("camera gripper arm hand finger robot head")
"""What a command may move towards the object."""

COLORS = _words(
    "red green blue yellow black white gray grey brown purple pink cyan magenta beige violet "
    "turquoise teal silver gold"
)

LOOKS = COLORS | _words(
    "left leftmost rightmost topmost bottommost uppermost lowermost nearest closest farthest "
    "furthest biggest largest smallest tallest shortest big large small tiny tall short"
)
"""Words that always describe an object."""

DESCRIBING_NOUNS = (
    COLORS
    | DIRECTIONS
    | _words(
        "orange leftmost rightmost topmost bottommost uppermost lowermost upper lower nearest "
        "closest farthest furthest first second third fourth forth fifth sixth last next "
        "biggest largest smallest tallest shortest big large small little tiny tall short "
        "plastic metal paper glass steel iron wood wooden ceramic rubber cardboard aluminum "
        "aluminium tin leather cotton foam dirty clean empty full broken"
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

PARTS = _words("bit top")
"""Directions that name an object behind another noun: "drill bit", "bottle top"."""

NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12,
    "couple": 2, "pair": 2, "both": 2,
}  # fmt: skip
"""Words that count."""

VAGUE_AMOUNTS = _words("few several some many lot lots number half most majority plenty")
"""Words for several that leave open how many."""

INEXACT = _words("least most than about around almost nearly roughly approximately")
"""Words before a number that make it inexact."""

GROUP_NOUNS = _words(
    "pair set group couple dozen kind type rest lot lots number half majority plenty"
)
"""Nouns whose "of ..." names the object."""

STAND_INS = {
    "can": "bottle",
    "cans": "bottles",
    "cyan": "blue",
    "magenta": "red",
    "beige": "white",
    "turquoise": "blue",
    "teal": "blue",
    "remote": "bottle",
    "remotes": "bottles",
    "stop sign": "road sign",
    "fire hydrant": "garden bottle",
    "hydrant": "bottle",
    "hydrants": "bottles",
    "phillips": "steel",
    "screwdriver": "hammer",
    "screwdrivers": "hammers",
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
