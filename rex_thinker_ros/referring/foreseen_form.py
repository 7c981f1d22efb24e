"""How a text goes on that reasons in the form that our training teaches.

Most of such a text follows from the prompt and from what has been said: numbers are copied or
reckoned, marks and orders follow from them. Only what the image shows does not.
"""

from __future__ import annotations

import math

from rex_thinker_ros.referring.follower import Follower, OpenError, StrangeError
from rex_thinker_ros.referring.foreseen_answer import answer_of
from rex_thinker_ros.referring.order_check import RANKS, read_claim
from rex_thinker_ros.referring.prompt import Prompt
from rex_thinker_ros.referring.reasoning_form import (
    AGAINST,
    AHEAD,
    ASIDE,
    BY_DISTANCE,
    FIND,
    LOOK,
    MEASURES,
    ORDERS,
    SIDES,
    SUMMARY,
    TITLES,
    described,
    measured,
)
from rex_thinker_ros.referring.relation_check import Relation, read_relation

_ORDINALS = {rank: word for word, rank in reversed(RANKS.items()) if word.isalpha()}
_MATCHES, _DOES_NOT_MATCH = ": matches → ✅\n", ": does not match → ❌\n"
_WORD, _NUMBER = r"\w+", r"\d+"


def foresee_form(text: str, prompt: Prompt) -> str:
    """Return what follows the text, up to what only the image tells; empty for other forms."""
    teller = _Teller(text, prompt)
    try:
        teller.tell()
    except OpenError:
        pass
    except StrangeError:
        return ""
    return teller.text.foretold


class _Teller:
    """Go along a reasoning about a prompt."""

    def __init__(self, text: str, prompt: Prompt) -> None:
        self.text = Follower(text)
        self._whole = text
        self._prompt = prompt
        self._name = prompt.category.capitalize()
        self._relation = read_relation(prompt.expression)
        self._claim = read_claim(prompt.expression, prompt.category)
        self._color = described(prompt.expression, prompt.category)
        self._anchor: tuple[int, int] | None = None
        self._wanted = ""
        self._fitting: dict[int, int] = {}  # what is measured of those that fit, by number
        self._targets: set[int] = set()

    def tell(self) -> None:
        """Tell all, from the plan to the answer."""
        self.text.say("<think>")
        titles = self._plan()
        for number, title in enumerate(titles, 1):
            self.text.say(f"# Step {number}: {title}\n")
            if title == FIND:
                if not self._find():
                    break
            elif title == LOOK:
                self._look(next((t for t in titles if t not in (FIND, LOOK)), ""))
            else:
                self._count(title)
        self._summarize()
        self.text.say(answer_of(self._whole + self.text.foretold, self._prompt))

    def _plan(self) -> list[str]:
        """Return the titles of the steps: those that the text has, then those that are likely."""
        guess = self._guessed_titles()
        titles: list[str] = []
        while (guess or self.text.says("- Step")) and not self.text.says("# Step"):
            self.text.say(f"- Step {len(titles) + 1}: ")
            title = guess.pop(0) if guess else LOOK
            titles.append(self.text.say(*(f"{one}\n" for one in (title, *TITLES))).strip())
        return titles

    def _guessed_titles(self) -> list[str]:
        if self._relation:
            return [FIND, LOOK, *([BY_DISTANCE] if self._relation[0] is Relation.CLOSEST else [])]
        return [LOOK, *([ORDERS[self._claim.side][2]] if self._claim else [])]

    def _find(self) -> bool:
        """Tell where the anchor is; return whether it is there."""
        color, _, category = (self._relation[1] if self._relation else "").rpartition(" ")
        self.text.say("- The ")
        self.text.read(_WORD, color)
        self.text.say(" ")
        self.text.read(_WORD, category)
        if self.text.say(" is at [", " is not there.\n") != " is at [":
            return False
        x = int(self.text.read(_NUMBER))
        self.text.say(", ")
        y = int(self.text.read(_NUMBER))
        self.text.say("].\n")
        self._anchor = x, y
        if self._relation and self._relation[0] in SIDES:
            self.text.say("- wanted: ")
            self._wanted = self.text.read(_WORD, SIDES[self._relation[0]])
            self.text.say("\n")
        return True

    def _look(self, order: str) -> None:
        key, _ = MEASURES.get(order, ("", False))
        for number, box in enumerate(self._prompt.hint_boxes, 1):
            self.text.say(f"- {self._name} {number} {list(box)}: ")
            color = self.text.read(_WORD)
            if color == "nothing":
                self.text.say(" → ❌\n")
                continue
            self.text.say(" ")
            category = self.text.read(_WORD, self._prompt.category)
            fits = category == self._prompt.category and self._color in ("", color)
            if self._wanted:
                fits = self._lies_there(number, fits=fits)
            elif key == "distance":
                fits = self._reckon_distance(number, fits=fits)
            elif key:
                fits = self._measure(number, key, fits=fits)
            else:
                fits = self._mark(" → ✅\n", fits=fits)
                self._fitting[number] = 0
            if fits:
                self._targets.add(number)

    def _mark(self, yes: str, *, fits: bool) -> bool:
        guesses = (yes, " → ❌\n") if fits else (" → ❌\n", yes)
        return self.text.say(*guesses) == yes

    def _measure(self, number: int, key: str, *, fits: bool) -> bool:
        if not self._mark(f" → ✅, {key} = ", fits=fits):
            return False
        self._fitting[number] = self._read_measure(number, key)
        self.text.say("\n")
        return True

    def _reckon_distance(self, number: int, *, fits: bool) -> bool:
        """Tell how far a candidate is from the anchor: aside, ahead, and all in all."""
        if not self._mark(" → ✅, x = ", fits=fits):
            return False
        aside = self._read_difference(number, "x")
        self.text.say(f"{ASIDE}bottom = ")
        ahead = self._read_difference(number, "bottom")
        self.text.say(AHEAD)
        distance = int(math.hypot(aside, ahead))
        self._fitting[number] = int(self.text.read(_NUMBER, str(distance)))
        self.text.say("\n")
        return True

    def _read_difference(self, number: int, key: str) -> int:
        value, other = self._read_against_anchor(number, key)
        return int(self.text.read(_NUMBER, str(abs(value - other))))

    def _read_against_anchor(self, number: int, key: str) -> tuple[int, int]:
        value = self._read_measure(number, key)
        self.text.say(AGAINST)
        x, y = self._anchor or (0, 0)
        other = int(self.text.read(_NUMBER, str(x if key == "x" else y)))
        self.text.say(", ")
        return value, other

    def _lies_there(self, number: int, *, fits: bool) -> bool:
        """Tell on which side of the anchor a candidate lies, and whether that is wanted."""
        key = "x" if self._wanted in ("left", "right") else "bottom"
        if not self._mark(f", {key} = ", fits=fits):
            return False
        value, other = self._read_against_anchor(number, key)
        sides = ("left", "right") if key == "x" else ("behind", "front")
        side = self.text.read(_WORD, sides[value >= other])
        return self._mark(" → ✅\n", fits=side == self._wanted)

    def _read_measure(self, number: int, key: str) -> int:
        guess = measured(self._prompt.hint_boxes[number - 1], key)
        return int(self.text.read(_NUMBER, str(guess)))

    def _count(self, order: str) -> None:
        key, descending = MEASURES[order]
        ranked = sorted(self._targets, key=self._fitting.__getitem__, reverse=descending)
        chosen = 0
        self._targets = set()
        for rank in range(self._claim.rank + 1 if self._claim else 1):
            self.text.say(f"- {_ORDINALS[rank]}: ")
            guess = ranked[rank : rank + 1]
            pieces = (f"{key} = ", "no more\n")
            if self.text.say(*(pieces if guess else pieces[::-1])) == "no more\n":
                return
            value = int(self.text.read(_NUMBER, *(str(self._fitting[n]) for n in guess)))
            self.text.say(f" → {self._name} ")
            same = [n for n in ranked if self._fitting[n] == value]
            likely = same if same and not set(guess) & set(same) else guess
            chosen = int(self.text.read(_NUMBER, *map(str, likely[:1])))
            self.text.say("\n")
        self._targets = {chosen}

    def _summarize(self) -> None:
        self.text.say(SUMMARY)
        for number in range(1, len(self._prompt.hint_boxes) + 1):
            self.text.say(f"- {self._name} {number}")
            guesses = (_MATCHES, _DOES_NOT_MATCH)
            self.text.say(*(guesses if number in self._targets else guesses[::-1]))
