"""Where a generation stops, token by token."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer, decoders, models

from rex_thinker_ros.models.decoding.transcript import Transcript
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.reasoner import StopReason

THINK, THOUGHT, ANSWER, NONE, TOLD, PROSE, AT_ONCE, SPLIT, END = WORDS = (
    "<think>", "</think>", "<answer>", "[]", "</answer>", "so", "</answer></think>",
    "</ans", "wer>",
)  # fmt: skip


def said_before_the_stop(words: tuple[str, ...]) -> tuple[int, StopReason]:
    """Return how many of the words were generated, and why it stopped there."""
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, PROSE))
    tokenizer.decoder = decoders.Fuse()
    transcript = Transcript(
        tokenizer,
        end_tokens=set(),
        most_tokens=len(words),
        seconds=60.0,
        on_text=lambda piece: None,
        cancel=CancelToken(),
    )
    count = 0
    while not transcript.add(WORDS.index(words[count]), 1.0):
        count += 1
    completion = transcript.completion()
    assert completion.text == "".join(words[: count + 1])
    return completion.tokens, completion.stop


@pytest.mark.parametrize(
    ("words", "count"),
    [
        pytest.param((THINK, PROSE, THOUGHT, ANSWER, NONE, TOLD, PROSE), 6, id="as trained"),
        pytest.param((ANSWER, NONE, TOLD, PROSE), 3, id="never thought"),
        pytest.param((THINK, THOUGHT, ANSWER, NONE, SPLIT, END, PROSE), 6, id="several tokens"),
        pytest.param(
            (THINK, ANSWER, NONE, TOLD, THOUGHT, ANSWER, NONE, TOLD, PROSE), 8,
            id="an answer in the thought",
        ),
        pytest.param(
            (THINK, ANSWER, NONE, AT_ONCE, PROSE, ANSWER, NONE, TOLD, PROSE), 8,
            id="thought and its answer closed at once",
        ),
    ],
)  # fmt: skip
def test_it_stops_at_the_end_of_the_answer(words: tuple[str, ...], count: int) -> None:
    assert said_before_the_stop(words) == (count, StopReason.END)


def test_an_answer_within_open_reasoning_is_no_end() -> None:
    words = (THINK, PROSE, ANSWER, NONE, TOLD, PROSE)
    assert said_before_the_stop(words) == (len(words), StopReason.TOKEN_BUDGET)


def test_there_is_no_completion_before_the_end() -> None:
    transcript = Transcript(
        Tokenizer(models.WordLevel({PROSE: 0}, PROSE)),
        end_tokens=set(), most_tokens=2, seconds=60.0, on_text=lambda piece: None,
        cancel=CancelToken(),
    )  # fmt: skip
    assert not transcript.add(0, 1.0)
    with pytest.raises(RuntimeError, match="not over"):
        transcript.completion()
