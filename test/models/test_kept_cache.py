"""What is read, taken back and read again is what a sequence would hold."""

from __future__ import annotations

import pytest
import torch

from rex_thinker_ros.models.decoding.kept_cache import KeptCache


def tokens(first: int, count: int) -> torch.Tensor:
    """Return keys (1, 2 heads, count, 1) that are the numbers of their places."""
    return (
        torch.arange(first, first + count, dtype=torch.float32)
        .view(1, 1, -1, 1)
        .expand(1, 2, -1, 1)
    )


def read(cache: KeptCache, first: int, count: int) -> list[float]:
    """Write to both layers; return what the second one then holds."""
    for layer in (0, 1):
        keys, values = cache.update(tokens(first, count), -tokens(first, count), layer)
        assert torch.equal(keys, -values)
    cache.advance(count)
    held: list[float] = keys[0, 1, :, 0].tolist()
    return held


def test_tokens_follow_one_another_through_growth_and_taking_back() -> None:
    cache = KeptCache()
    cache.reserve(5)
    assert read(cache, 0, 5) == [0, 1, 2, 3, 4]
    cache.keep(2)
    assert read(cache, 10, 1) == [0, 1, 10]
    cache.reserve(5000)
    assert read(cache, 20, 2) == [0, 1, 10, 20, 21]


def test_without_room_it_raises() -> None:
    cache = KeptCache()
    cache.reserve(1)
    with pytest.raises(RuntimeError, match="do not fit"):
        cache.update(tokens(0, 1000), tokens(0, 1000), 0)


@pytest.mark.parametrize("length", [-1, 4])
def test_only_what_is_there_can_be_kept(length: int) -> None:
    cache = KeptCache()
    cache.reserve(3)
    read(cache, 0, 3)
    with pytest.raises(ValueError, match="cannot be kept"):
        cache.keep(length)
