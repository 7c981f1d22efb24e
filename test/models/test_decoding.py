"""Where a generation stops, token by token."""

from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer, decoders, models

from rex_thinker_ros.models.decoding import Lead, TokenWatch
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
    watch = TokenWatch(
        tokenizer,
        end_tokens=set(),
        seconds=60.0,
        on_text=lambda piece: None,
        cancel=CancelToken(),
        lead=Lead(),
    )
    for count, word in enumerate(words, 1):
        if watch(torch.tensor([[WORDS.index(word)]]), None):
            assert watch.completion().text == "".join(words[:count])
            return count, watch.completion().stop
    return len(words), watch.completion().stop


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
