"""Which answer a sentence gives to the question which candidate is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from rex_thinker_ros.referring.follow_up_reading import read_follow_up
from rex_thinker_ros.referring.order_check import Side

ANSWERS: dict[FollowUp, tuple[str, ...]] = {
    ByNumber(1): ("1", "one", "number one", "Number 1!", "no. 1", "mug 1", "the number one please"),
    ByNumber(2): (
        "2", "2.", "#2", "# 2", "two", "Two, please.", "number two", "Number 2", "no. 2", "no 2",
        "No, number 2.", "nr. 2", "the number 2", "um, 2", "candidate 2", "option two", "mug 2",
        "mug number two", "object 2", "the one with the number 2", "the one marked 2",
        "take number 2", "pick up mug number 2", "I mean number 2", "it's number 2",
        "make that number 2", "1, no, 2", "number 1... sorry, number 2", "can you take number 2?",
    ),
    ByNumber(3): ("candidate 3 please", "Candidate three", "i'll take number 3, thanks"),
    ByNumber(17): ("17",),
    ByOrder(Side.LEFT): (
        "left", "Left!", "LEFT", "the left", "the left one", "left one please", "leftmost",
        "the leftmost one", "the left-most one", "the left-hand one", "the one on the left",
        "the one to the left", "on the left", "the one on the left-hand side", "the far left one",
        "the left mug", "leftmost mug", "the mug on the left", "pick up the left one",
        "pick the left one up", "Um, I mean the left one.", "no, the left one", "No! The left one.",
        "right, I mean left", "the right one, no, the left one", "the one further to the left",
        "that left one", "could you please give me the left one?", "well, it's the left one",
        "the left one will do", "I'd like the left one, please", "the left object",
        "the one that's on the left", "the one at the left end", "the left one for me",
        "“the left one”", "the left... sorry, the left one", "hmm, the, uh, left one",
        "the right-hand one, I mean the left-hand mug", "thanks, the left one", "the left side",
        "the left of the two",
    ),
    ByOrder(Side.RIGHT): (
        "right", "the right one", "Right, please", "the one on the right", "rightmost",
        "left, no right", "on the far right", "wait, no, the right one", "to the right",
    ),
    ByOrder(Side.LEFT, 1): (
        "second from the left", "the second one from the left", "2nd from left",
        "the 2nd mug from the left", "the second leftmost", "the second from the left, please",
    ),
    ByOrder(Side.RIGHT, 2): ("third from the right", "the 3rd one from the right"),
    ByOrder(Side.TOP): (
        "top", "the top one", "the upper one", "the one at the top", "the highest one",
    ),
    ByOrder(Side.FAR): (
        "the farthest", "the furthest one", "the one at the back", "the back one", "the far one",
        "the one farthest away", "the one that is farthest from the camera",
    ),
    ByOrder(Side.BOTTOM): (
        "bottom", "the lower one", "the one at the bottom",
    ),
    ByOrder(Side.NEAR): (
        "the nearest", "nearest one",
        "the closest mug", "the closer one", "the front one", "the one in front",
        "the one closest to the camera",
    ),
    ByOrder(Side.NEAR, 1): ("second from the front", "the second nearest"),
    ByOrder(Side.FAR, 1): ("the second one from the back", "the second farthest one"),
    ByOrder(Side.LARGEST): (
        "the bigger one", "bigger", "the biggest", "largest", "the large one", "the big mug",
        "give me the larger one", "the bigger of the two",
    ),
    ByOrder(Side.LARGEST, 1): ("the second largest", "second biggest one"),
    ByOrder(Side.SMALLEST): ("smallest", "the smaller one", "the small one", "the little one"),
    InTheMiddle(): (
        "middle", "the middle one", "the one in the middle", "in the centre", "the one in between",
    ),
    ByOrdinal(0): ("first", "the first one"),
    ByOrdinal(1): (
        "the second one", "second", "the 2nd one", "2nd", "the second mug", "take the second",
    ),
    All(): (
        "all", "all of them", "All of them, please", "each of them", "every one",
        "take all of them",
    ),
    All(2): ("both", "both of them", "both mugs", "take both", "no, both"),
    All(3): ("all three", "all 3 of them", "all the three"),
    AnyOne(): (
        "any", "any of them", "either", "either one", "any one", "any mug", "one of them",
        "whichever", "it doesn't matter", "I don't care", "you choose", "pick any of them",
        "whichever you like",
    ),
    Nothing(): (
        "none", "none of them", "None of these.", "neither", "never mind", "Nevermind!", "cancel",
        "cancel that", "forget it", "stop", "no", "No.", "no thanks", "no no no", "no, never mind",
        "uh, cancel that please", "the left one, no, never mind",
    ),
    ByDescription("red mug"): (
        "the red one", "red", "the red", "red one", "Red, please.", "no, the red one",
        "no the red one", "the red mug", "red mug", "a red one", "take the red one",
        "that red one", "the blue one, I mean the red one", "it's the red one",
    ),
    ByDescription("red and white mug"): ("the red and white one",),
    ByDescription("striped mug"): ("the striped one",),
    ByDescription("stone mug"): ("the stone one",),
    ByDescription("taller mug"): ("the taller one", "The taller mug!"),
    ByDescription("mug with the handle"): (
        "the one with the handle", "with the handle", "the mug with the handle",
        "pick up the one with the handle",
    ),
    ByDescription("mug without a handle"): ("the one without a handle",),
    ByDescription("mug behind the can"): (
        "the one behind the can", "behind the can", "the mug behind the can, please",
    ),
    ByDescription("mug next to the bowl"): ("the one next to the bowl", "next to the bowl"),
    ByDescription("mug closest to the bowl"): (
        "the one closest to the bowl", "the closest to the bowl",
    ),
    ByDescription("mug left of the can"): ("the one left of the can", "left of the can"),
    ByDescription("mug to the left of the can"): ("the one to the left of the can",),
    ByDescription("mug between the can and the bowl"): ("the one between the can and the bowl",),
    ByDescription("mug next to the mug"): ("the mug next to the mug",),
    ByDescription("mug that is red"): ("the one that is red", "the one that's red"),
    ByDescription("red mug on the left"): ("the red one on the left",),
    ByDescription("bigger red mug"): ("the bigger red one",),
    ByDescription("top left mug"): ("the top left one",),
    ByDescription("second red mug from the left"): ("the second red one from the left",),
}  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        pytest.param(sentence, answer, id=sentence)
        for answer, sentences in ANSWERS.items()
        for sentence in sentences
    ],
)
def test_answers_are_read(sentence: str, answer: FollowUp) -> None:
    assert read_follow_up(sentence, "mug") == answer


NO_ANSWERS = {
    "a command of its own": (
        "pick up the blue ball", "the blue ball", "the can", "can", "find the largest can",
        "pick up the left mug", "take the mug with the handle", "I want the red mug",
        "no, pick up the blue ball", "I mean the blue ball", "the ball next to the mug",
        "the ball behind the left one", "the ball in front of the red one", "all mugs",
        "the mugs", "every mug", "pick up all the mugs", "the left mugs", "the red mug rack",
        "pick up the second mug from the left", "second ball from the left",
        "the blue ball, no, the left one", "The left one. Pick up the ball.",
        "the left one and the blue ball", "put the left one in the bowl",
        "put left one in the bowl", "take the red one to the kitchen",
        "take the left one and put it in the bowl", "take the one behind the can and go home",
        "drop the left one", "move the left one to the right", "take the red one into the box",
        "take the red one with the gripper", "turn left", "go left", "move to the left",
    ),
    "what not to take": (
        "not the left one", "not left", "not number 2", "don't take the left one",
        "anything but the left one", "all except the left one", "the one that is not red",
        "the one that isn't red", "the one with a lid which isn't red",
        "ignore the left one", "skip left one", "avoid number 2", "no, not that one",
        "the left one, not the right one", "neither left nor right", "leave the left one",
    ),
    "two things at once": (
        "1 or 2", "2 and 3", "1 2", "one two", "the left or the right one", "left right",
        "the red one and the blue one", "the left one, number 2", "2.5", "1,000", "1-2", "-2",
        "the left one. The right one.", "the blue one, left", "never mind, the left one",
        "left, right?", "red blue", "left... right",
    ),
    "nothing to go by": (
        "", "   ", "um", "please", "yes", "okay", "the one", "that one", "this one", "the mug",
        "mug", "the other one", "another one", "the same one", "the wrong one", "the last one",
        "the two", "the two on the left", "number", "the number", "hello robot", "thank you",
        "what?", "which one?", "I don't know", "maybe", "no one", "...", "take",
    ),
    "an amount": (
        "take 2", "give me two", "I want two", "i have 2", "pick one", "just one", "only two",
        "two mugs", "2 of them", "one mug", "the two of them",
    ),
    "agreement": (
        "that's right", "that's all", "all right", "okay, right", "yes, right", "right now",
        "right away",
    ),
    "a remark": (
        "the left one is broken", "the red one fell over", "is it the left one?",
        "where is the left one", "there is no red one", "what about the left one",
        "the one left", "what is the left one", "one second", "just a second", "wait",
        "the left one, no", "the left one, wait",
    ),
    "a motion": ("further", "closer", "back", "lower", "up", "higher", "go back", "close the box"),
    "somebody's point of view": (
        "the one on my left", "the one closest to me", "the one nearest to you",
        "the one in your hand", "the one closest to the robot", "the one you had",
    ),
    "an order without a side": (
        "the second red one", "the second left one", "the one left of the second can",
        "the red one from the left", "the one next to number 2", "the one left of 2",
        "second one on the left",
    ),
    "signs": ("the <left> one", "left\x00", "2 + 1", "die linke", "左", "the red_one", "²", "٢"),
    "a speech": ("please " * 40 + "left",),
}  # fmt: skip


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param(sentence, id=f"{why}: {sentence[:40]!r}")
        for why, sentences in NO_ANSWERS.items()
        for sentence in sentences
    ],
)
def test_other_sentences_are_no_answers(sentence: str) -> None:
    assert read_follow_up(sentence, "mug") is None


@pytest.mark.parametrize(
    ("sentence", "category", "answer"),
    [
        pytest.param("the left can", "can", ByOrder(Side.LEFT), id="a noun that is also a verb"),
        pytest.param("can you take the left one?", "can", ByOrder(Side.LEFT), id="the verb"),
        pytest.param("can you take the left can?", "can", None, id="the verb and the noun"),
        pytest.param(
            "the one behind the can", "can", ByDescription("can behind the can"), id="two"
        ),
        pytest.param("the left cup", "coffee cup", ByOrder(Side.LEFT), id="the last word"),
        pytest.param("the red coffee cup", "coffee cup", ByDescription("red coffee cup"), id="all"),
        pytest.param("the red one", "t-shirt", ByDescription("red t-shirt"), id="a hyphen"),
        pytest.param("the red t-shirt", "t-shirt", ByDescription("red t-shirt"), id="both hyphens"),
        pytest.param("box 2", "box", ByNumber(2), id="the category and a number"),
        pytest.param("both boxes", "box", All(2), id="another plural"),
        pytest.param("the left scissors", "scissors", ByOrder(Side.LEFT), id="always plural"),
        pytest.param("the left orange", "orange", ByOrder(Side.LEFT), id="a fruit"),
        pytest.param("the orange one", "orange", ByDescription("orange orange"), id="its color"),
        pytest.param("the left mug", "", None, id="no category"),
        pytest.param("the left one", "", ByOrder(Side.LEFT), id="no category needed"),
    ],
)
def test_the_category_stands_for_one(sentence: str, category: str, answer: FollowUp | None) -> None:
    assert read_follow_up(sentence, category) == answer


WORDS = st.sampled_from(
    sorted({word for sentences in [*ANSWERS.values(), *NO_ANSWERS.values()]
            for sentence in sentences for word in sentence.split()})
)  # fmt: skip


@given(st.text(max_size=250) | st.lists(WORDS, max_size=12).map(" ".join), st.text(max_size=10))
def test_any_text_is_read(sentence: str, category: str) -> None:
    answer = read_follow_up(sentence, category)
    if isinstance(answer, ByDescription):
        assert category in answer.expression
        assert not set("<>") & set(answer.expression) - set(category)


@pytest.mark.parametrize("sentence", [s for said in ANSWERS.values() for s in said])
def test_courtesy_and_capitals_change_nothing(sentence: str) -> None:
    answer = read_follow_up(sentence, "mug")
    assert read_follow_up(f"Um... {sentence.upper()}, please!", "mug") == answer
