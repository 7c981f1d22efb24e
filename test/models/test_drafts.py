"""What followed before is drafted, and memories stay bounded."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tokenizers import Tokenizer

from rex_thinker_ros.models.decoding.drafts import MOST, TextDrafter, category_names
from rex_thinker_ros.models.decoding.token_memory import TokenKinds, TokenMemory
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.prompt import PixelBounds, build_prompt

# 10, 11 and 12 are numbers, and alike; every other token is like itself only
TEXTS = [*"abcdefghij", "5", "17", "3", "x = "]
KINDS = TokenKinds(TEXTS)

CASES = {
    "seen once": ([[1, 2, 3, 4, 5]], [9, 1, 2], [3, 4, 5]),
    "never seen": ([[1, 2, 3]], [4, 5], []),
    "the latest counts": ([[1, 2, 3], [1, 2, 4]], [1, 2], [4]),
    "a longer match counts more": ([[7, 1, 2, 3], [8, 1, 2, 4]], [7, 1, 2], [3]),
    "in the same text": ([], [1, 2, 3, 4, 1, 2], [3, 4, 1]),
    "not across texts": ([[1, 2]], [3, 1, 2], []),
    "one is enough": ([[1], [2, 5]], [1, 2], [5]),
    "after another number": ([[13, 10, 4, 5]], [13, 11], [4, 5]),
    "but no number of another place": ([[13, 10, 4, 12]], [13, 11], [4]),
    "the same number first": ([[13, 10, 4], [13, 11, 5]], [13, 10], [5]),
}


@pytest.mark.parametrize(("before", "now", "draft"), CASES.values(), ids=CASES.keys())
def test_a_draft_is_what_followed(
    before: list[list[int]], now: list[int], draft: list[int]
) -> None:
    memory = TokenMemory(KINDS)
    for text in before:
        memory.begin(text)
    memory.begin([])
    memory.add(now)
    assert memory.next(3) == draft
    apart = TokenMemory(KINDS)
    for text in before:
        apart.begin(text)
    apart.begin([])
    apart.add(now[:-1])
    assert apart.next(3, now[-1:]) == draft


def test_six_of_the_same_count_more_than_later_ones_alike() -> None:
    memory = TokenMemory(KINDS)
    memory.begin([0, 1, 2, 3, 13, 10, 4])
    memory.begin([0, 1, 2, 3, 13, 11, 5])
    memory.begin([0, 1, 2, 3, 13, 10])
    assert memory.next(3) == [4]


NAMED = {
    "in what follows": ([5, 6], [6, 7], [5, 3]),
    "in what came before": ([5, 6], [7, 8, 6], [7, 5]),
    "of one form only": ([None, 6], [7, 8, 6], [7]),
    "of a form that does not come": ([5, None], [7, 8], []),
}


@pytest.mark.parametrize(("names", "now", "draft"), NAMED.values(), ids=NAMED.keys())
def test_what_a_text_is_about_may_have_another_name(
    names: list[int | None], now: list[int], draft: list[int]
) -> None:
    memory = TokenMemory(KINDS)
    memory.begin([9, 7, 8, 1, 7, 0, 3], [0, 1])
    memory.begin([4], names)
    memory.add(now)
    assert memory.next(2) == draft


def test_the_names_of_a_category_are_single_tokens() -> None:
    folder = Path(load_profile("demo").reasoner)
    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    names = [category_names(category, tokenizer) for category in ("mug", "can", "lampshade")]
    assert [tokenizer.decode([n]) for n in names[0] if n is not None] == ["mug", "- Mug", " → Mug"]
    assert [n is None for n in names[0]] == [n is None for n in names[1]]
    assert set(names[2]) == {None}


def test_a_memory_stays_bounded_and_remembers_the_newest() -> None:
    memory = TokenMemory(
        TokenKinds([f"t{chr(65 + n // 90)}{chr(33 + n % 90)}" for n in range(5000)]), most=100
    )
    for start in range(0, 5000, 10):
        memory.begin(list(range(start, start + 10)))
    assert len(vars(memory)["_tokens"]) < 300
    memory.begin([4980, 4981])
    assert memory.next(3) == [4982, 4983, 4984]
    memory.begin([10, 11])
    assert memory.next(3) == []
    assert memory.emptied().next(3) == []


def test_form_and_memory_draft_in_turn() -> None:
    folder = Path(load_profile("demo").reasoner)
    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    texts = [tokenizer.decode([token]) for token in range(tokenizer.get_vocab_size())]
    prompt = build_prompt(
        expression="red mug", category="mug",
        candidates=[Candidate(n, Box(10 * n, 20, 10 * n + 9, 50), 0.9) for n in (1, 2, 3)],
        image_size=Size(280, 280), bounds=PixelBounds(),
    )  # fmt: skip
    first, second, third = ([*box] for box in prompt.hint_boxes)
    said = (
        f"# Step 1: Look at each candidate.\n- Mug 1 {first}: red mug → ✅\n- Mug 2 {second}: red"
    )
    memory = TokenMemory(TokenKinds(texts))
    drafter = TextDrafter(memory, prompt, tokenizer)
    tokens = tokenizer.encode(said, add_special_tokens=False).ids
    draft = drafter.draft(SimpleNamespace(text=said, tokens=tokens))  # type: ignore[arg-type]
    assert tokenizer.decode(draft).startswith(f" mug → ✅\n- Mug 3 {third}: ")
    assert len(draft) <= MOST
