"""The small reasoner's tokenizer loses nothing and keeps numbers whole."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from rex_thinker_ros.referring.prompt import SYSTEM_PROMPT
from rex_thinker_ros.training.tokenizer import NUMBERS, build_tokenizer


@cache
def tokenizer() -> PreTrainedTokenizerFast:
    return build_tokenizer()


def pieces(text: str) -> list[str]:
    ids = tokenizer()(text, add_special_tokens=False)["input_ids"]
    return [str(tokenizer().decode([i])) for i in ids]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_comes_back(text: str) -> None:
    ids = tokenizer()(text, add_special_tokens=False)["input_ids"]
    assert tokenizer().decode(ids) == text


@given(st.lists(st.integers(0, NUMBERS - 1), min_size=4, max_size=4))
def test_each_edge_of_a_box_is_one_token(edges: list[int]) -> None:
    a, b, c, d = edges
    assert pieces(f" [{a}, {b}, {c}, {d}]: ") == [" [", f"{a}, ", f"{b}, ", f"{c}, ", f"{d}", "]: "]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(SYSTEM_PROMPT, [SYSTEM_PROMPT], id="the system prompt is one token"),
        pytest.param("red mug", ["red", " ", "mug"], id="words"),
        pytest.param("covered", list("covered"), id="no word inside a word"),
        pytest.param("- Mug 12: matches → ✅\n", ["- Mug", " 12", ": matches → ✅\n"], id="a mark"),
    ],
)
def test_what_is_said_often_is_one_token(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected
