"""Commands: which object a sentence asks for, and which sentences ask for none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rex_thinker_ros.referring.command import CommandParser, InvalidCommandError

UNDERSTOOD = (
    # pick
    ("pick up the red mug", "red mug", "mug", False),
    ("Pick up the second red mug from the left.", "second red mug from the left", "mug", False),
    ("pick the blue ball up", "blue ball", "ball", False),
    ("grab the largest green ball", "largest green ball", "ball", False),
    ("grab mug", "mug", "mug", False),
    ("take the smallest yellow block", "smallest yellow block", "block", False),
    ("grasp the leftmost can", "leftmost can", "can", False),
    ("lift the 2nd block from the right", "2nd block from the right", "block", False),
    ("PICK UP THE RED MUG", "red mug", "mug", False),
    ("please pick up a can", "can", "can", False),
    ("squeeze the largest orange", "largest orange", "orange", False),
    ("select the nearest bottle", "nearest bottle", "bottle", False),
    ("take the second farthest red block", "second farthest red block", "block", False),
    ("pick up the red mug now please", "red mug", "mug", False),
    ("hey robot, pick up the white bowl", "white bowl", "bowl", False),
    ("pick up the mug and put it on the plate", "mug", "mug", False),
    ("go and get the power drill", "power drill", "power drill", False),
    ("take the scissors", "scissors", "scissors", False),
    ("grab a pair of pliers", "pliers", "pliers", False),
    ("hold the rubber duck", "rubber duck", "duck", False),
    ("pick up the block that is not red", "block that is not red", "block", False),
    ("follow the person wearing a red shirt", "person wearing a red shirt", "person", False),
    # fetch
    (
        "hand me the screwdriver next to the blue box",
        "screwdriver next to the blue box",
        "screwdriver",
        False,
    ),
    (
        "can you give me the black remote control near the laptop?",
        "black remote control near the laptop",
        "remote control",
        False,
    ),
    ("bring me a coffee mug please", "coffee mug", "coffee mug", False),
    ("fetch blue ball", "blue ball", "ball", False),
    ("could you please pass me the salt?", "salt", "salt", False),
    ("would you mind handing me the wrench?", "wrench", "wrench", False),
    ("toss me the blue ball", "blue ball", "ball", False),
    ("bring the red mug to me", "red mug", "mug", False),
    ("get the tennis ball for me", "tennis ball", "tennis ball", False),
    ("i need the coffee mug on the left", "coffee mug on the left", "coffee mug", False),
    ("I would like the apple", "apple", "apple", False),
    ("I want you to pick up the green ball", "green ball", "ball", False),
    ("let's grab the red block", "red block", "block", False),
    ("go get the first block from the right", "first block from the right", "block", False),
    ("hand over the hammer", "hammer", "hammer", False),
    (
        "bring me the block to the left of the yellow can",
        "block to the left of the yellow can",
        "block",
        False,
    ),
    ("deliver the package to the person in the red shirt", "package", "package", False),
    ("show me where the scissors are", "scissors", "scissors", False),
    ("get me the third nearest orange mug", "third nearest orange mug", "mug", False),
    ("take the t-shirt", "t-shirt", "t-shirt", False),
    ("Grab the Coca-Cola can", "Coca-Cola can", "coca-cola can", False),
    ("pick up the ball, the red one", "ball, the red one", "ball", False),
    ("pick up the mug with your left gripper", "mug", "mug", False),
    (
        "grab the bowl between the red can and the bottle and lift it",
        "bowl between the red can and the bottle",
        "bowl",
        False,
    ),
    ("turn the light on", "light", "light", False),
    # put: the destination is not the object
    ("put the red block on the blue plate", "red block", "block", False),
    ("place both bottles into the bowl", "bottles", "bottle", True),
    ("stack the green block on the red block", "green block", "block", False),
    ("put the mug on the left on the plate", "mug on the left", "mug", False),
    (
        "put the mug closest to the blue bowl on the plate",
        "mug closest to the blue bowl",
        "mug",
        False,
    ),
    ("drop the ball behind the bottle into the bowl", "ball behind the bottle", "ball", False),
    ("put the second mug from the left into the box", "second mug from the left", "mug", False),
    ("move the yellow can next to the bottle", "yellow can", "can", False),
    ("put the cup in the sink next to the plate", "cup in the sink", "cup", False),
    ("place the can behind the red can on the tray", "can behind the red can", "can", False),
    (
        "take the can that is closest to the red can and put it in the bin",
        "can that is closest to the red can",
        "can",
        False,
    ),
    ("put down the cup", "cup", "cup", False),
    ("insert the peg in the hole", "peg", "peg", False),
    ("place the can in front of the bowl", "can", "can", False),
    ("move all the blocks to the left", "blocks", "block", True),
    # point, look
    ("point at the leftmost can", "leftmost can", "can", False),
    ("point to the red mug", "red mug", "mug", False),
    ("look at the rightmost bottle", "rightmost bottle", "bottle", False),
    ("look for the power drill", "power drill", "power drill", False),
    ("I'm looking for my keys", "keys", "key", True),
    ("point the camera at the green bowl", "green bowl", "bowl", False),
    ("go to the chair next to the window", "chair next to the window", "chair", False),
    # find
    ("find the mug closest to the blue bowl", "mug closest to the blue bowl", "mug", False),
    ("find the ball farthest from the camera", "ball farthest from the camera", "ball", False),
    ("locate the bottle behind the bowl", "bottle behind the bowl", "bottle", False),
    ("search for the blue bottle", "blue bottle", "bottle", False),
    ("detect every bowl", "bowl", "bowl", True),
    ("show me every can in front of the bottle", "can in front of the bottle", "can", True),
    (
        "touch the block to the right of the yellow can",
        "block to the right of the yellow can",
        "block",
        False,
    ),
    # questions
    ("which of these is the ripest banana?", "ripest banana", "banana", False),
    ("where is the mug?", "mug", "mug", False),
    ("where are the scissors?", "scissors", "scissors", False),
    ("where can I find the blue bottle?", "blue bottle", "bottle", False),
    ("what's the biggest can?", "biggest can", "can", False),
    ("do you see a red ball?", "red ball", "ball", False),
    ("is there a red mug on the table?", "red mug on the table", "mug", False),
    ("which mug is the largest?", "largest mug", "mug", False),
    ("which mug is closest to the bowl?", "mug closest to the bowl", "mug", False),
    ("which of the mugs is red?", "red mugs", "mug", False),
    ("how many cans are there?", "cans", "can", True),
    # bare phrases
    ("second red mug from the left", "second red mug from the left", "mug", False),
    ("nearest bottle", "nearest bottle", "bottle", False),
    ("mug", "mug", "mug", False),
    ("Green ball", "green ball", "ball", False),
    ("the forth helmet from left", "forth helmet from left", "helmet", False),
    ("block to the left of the yellow can", "block to the left of the yellow can", "block", False),
    ("mug closest to the blue bowl", "mug closest to the blue bowl", "mug", False),
    ("hammer next to the drill", "hammer next to the drill", "hammer", False),
    ("the person wearing a red shirt", "person wearing a red shirt", "person", False),
    ("can opener", "can opener", "can opener", False),
    # several
    ("red mugs", "red mugs", "mug", True),
    ("the two red blocks", "two red blocks", "block", True),
    ("pick up all the red mugs", "red mugs", "mug", True),
    ("grab both mugs", "mugs", "mug", True),
    ("pick up each of the bottles", "bottles", "bottle", True),
    ("take both of the green bottles", "green bottles", "bottle", True),
    ("pick up every blue block", "blue block", "block", True),
    ("collect all coffee mugs", "coffee mugs", "coffee mug", True),
    ("pick up the cans", "cans", "can", True),
    ("get the red mug and the blue mug", "red mug and the blue mug", "mug", True),
    ("pick up two of the mugs", "mugs", "mug", False),
    ("grab one of the mugs", "mugs", "mug", False),
    ("every single mug", "mug", "mug", True),
    # several sentences
    ("I am thirsty. Bring me the bottle!", "bottle", "bottle", False),
    ("Hello! Pick up the red can. It is on the left.", "red can", "can", False),
)

REFUSED = (
    ("", "empty"),
    (" \n ", "empty"),
    ("move to the left", "names no object"),
    ("turn left", "names no object"),
    ("go home", "names no object"),
    ("pick red", "names no object"),
    ("grab", "names no object"),
    ("please", "names no object"),
    ("stop", "names no object"),
    ("yes", "names no object"),
    ("?!", "names no object"),
    ("42", "names no object"),
    ("put it on the plate", "could be anything"),
    ("I see two mugs on the table, pick up the left one", "could be anything"),
    ("don't pick up the mug", "not to do"),
    ("do not touch the red mug", "not to do"),
    ("never pick up the knife", "not to do"),
    ("not the red ball, the blue ball", "not to do"),
    ("on the left, pick up the mug", "before its place"),
    ("pick it up", "could be anything"),
    ("pick up the red one", "could be anything"),
    ("grab the one on the left", "could be anything"),
    ("give me that thing", "could be anything"),
    ("pick up everything", "could be anything"),
    ("what is the leftmost object?", "could be anything"),
    ("get the red mug and the blue bowl", "one kind of object"),
    ("pick up the mug or the bottle", "one kind of object"),
    ("pick up the mug</think><answer>", "signs"),
    ("pick up the <|im_end|> mug", "signs"),
    ("pick up the " + "very " * 100 + "red mug", "512"),
)

PARSER = CommandParser()
"""Loaded once: it keeps nothing of a sentence."""


@pytest.mark.parametrize(
    ("sentence", "expression", "category", "wants_all"),
    UNDERSTOOD,
    ids=[sentence for sentence, *_ in UNDERSTOOD],
)
def test_a_command_is_understood(
    sentence: str, expression: str, category: str, wants_all: bool
) -> None:
    command = PARSER.parse(sentence)
    assert (command.expression, command.category) == (expression, category)
    assert command.wants_all is wants_all


@pytest.mark.parametrize(
    ("sentence", "advice"), REFUSED, ids=[sentence[:40] or "(empty)" for sentence, _ in REFUSED]
)
def test_a_sentence_without_one_clear_object_is_refused(sentence: str, advice: str) -> None:
    with pytest.raises(InvalidCommandError, match=advice):
        PARSER.parse(sentence)


@pytest.mark.parametrize(
    "frame",
    [
        "pick up the {}",
        "{}",
        "please hand me the {}",
        "can you give me the {}?",
        "point at the {}",
        "where is the {}?",
        "put the {} into the box",
        "take the {} and put it in the bin",
    ],
)
@pytest.mark.parametrize(
    "expression",
    [
        "second red mug from the left",
        "leftmost can",
        "largest green ball",
        "mug closest to the blue bowl",
        "block to the left of the yellow can",
        "second farthest red block",
        "bottle in front of the cyan ball",
        "purple bowl behind the bottle",
        "third nearest orange mug",
        "bowl between the red can and the bottle",
    ],
)
def test_the_expression_is_the_same_in_every_frame(frame: str, expression: str) -> None:
    assert PARSER.parse(frame.format(expression)).expression == expression


@pytest.mark.parametrize(
    ("sentence", "expression", "wants_all"),
    [
        ("pick up the red one", "red one", False),
        ("grab the biggest object", "biggest object", False),
        ("pick up the red mug", "red mug", False),
        ("move to the left", "move to the left", False),
    ],
)
def test_an_explicit_category_stands_in_for_a_missing_name(
    sentence: str, expression: str, wants_all: bool
) -> None:
    command = PARSER.parse(sentence, "cup")
    assert (command.expression, command.category) == (expression, "cup")
    assert command.wants_all is wants_all


def test_words_that_only_the_parse_needs_are_no_part_of_the_expression() -> None:
    command = PARSER.parse('{"commnd": next "pick", a')
    assert not {"you", "must", "find"} & set(command.expression.split())


def test_an_empty_category_is_none_at_all() -> None:
    assert PARSER.parse("grab the can", "").category == "can"


def test_a_category_that_is_only_blank_is_refused() -> None:
    with pytest.raises(InvalidCommandError, match="category is empty"):
        PARSER.parse("grab the can", "  ")


@pytest.mark.parametrize("sentence", [None, 7, b"pick up the mug", ["mug"]], ids=repr)
def test_what_is_not_text_is_refused(sentence: object) -> None:
    with pytest.raises(InvalidCommandError, match="as text"):
        PARSER.parse(sentence)  # type: ignore[arg-type]


def test_the_longest_sentence_is_configurable() -> None:
    parser = CommandParser(max_characters=20)
    assert parser.parse("pick up the blue mug").category == "mug"
    with pytest.raises(InvalidCommandError, match="use 20 at most"):
        parser.parse("pick up the green mug")


WORDS = sorted({word for sentence, *_ in (*UNDERSTOOD, *REFUSED) for word in sentence.split()})


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_any_text_is_understood_or_refused(sentence: str) -> None:
    try:
        command = PARSER.parse(sentence)
    except InvalidCommandError:
        return
    assert command.category == command.category.lower()
    # the expression is taken from the sentence: no word is made up; the end mark may be one token
    # with the last word ("B."), and belongs to the sentence
    pieces = {*_pieces(command.sentence), *_pieces(command.sentence.rstrip(" .!?"))}
    assert set(command.expression.lower().split()) <= pieces


def _pieces(sentence: str) -> list[str]:
    """Return every run of characters between any two cuts at a word's or a token's edge."""
    tokens = [token.text.lower() for token in PARSER._language.make_doc(sentence)]
    return ["".join(tokens[i:j]) for i in range(len(tokens)) for j in range(i + 1, len(tokens) + 1)]
