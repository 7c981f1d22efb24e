"""What followed before is drafted, and memories stay bounded."""

from __future__ import annotations

import pytest

from rex_thinker_ros.models.decoding.drafts import TokenMemory

CASES = {
    "seen once": ([[1, 2, 3, 4, 5]], [9, 1, 2], [3, 4, 5]),
    "never seen": ([[1, 2, 3]], [4, 5], []),
    "the latest counts": ([[1, 2, 3], [1, 2, 4]], [1, 2], [4]),
    "a longer match counts more": ([[7, 1, 2, 3], [8, 1, 2, 4]], [7, 1, 2], [3]),
    "in the same text": ([], [1, 2, 3, 4, 1, 2], [3, 4, 1]),
    "not across texts": ([[1, 2]], [3, 1, 2], []),
    "no match across texts": ([[1], [2, 5]], [1, 2], []),
}


@pytest.mark.parametrize(("before", "now", "draft"), CASES.values(), ids=CASES.keys())
def test_a_draft_is_what_followed(
    before: list[list[int]], now: list[int], draft: list[int]
) -> None:
    memory = TokenMemory(sizes=(3, 2))
    for text in before:
        memory.begin(text)
    memory.begin([])
    memory.add(now)
    assert memory.next(3) == draft


def test_a_memory_stays_bounded_and_remembers_the_newest() -> None:
    memory = TokenMemory(most=100)
    for start in range(0, 5000, 10):
        memory.begin(list(range(start, start + 10)))
    assert len(vars(memory)["_tokens"]) < 300
    memory.begin([4980, 4981])
    assert memory.next(3) == [4982, 4983, 4984]
    memory.begin([10, 11])
    assert memory.next(3) == []
