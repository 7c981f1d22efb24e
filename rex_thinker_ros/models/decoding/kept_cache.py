"""Keys and values of the tokens read so far: allocated once, kept across requests, rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_STEP = 256  # tokens by which it grows


class KeptCache:
    """Hold one sequence for layers of attention, which call update as with transformers' caches."""

    def __init__(self) -> None:
        self.length = 0
        self.capacity = 0
        self._places: torch.Tensor | None = None
        self._layers: list[tuple[torch.Tensor, torch.Tensor]] = []

    def reserve(self, tokens: int) -> None:
        """Make room for a sequence of that many tokens; what is held stays."""
        if tokens <= self.capacity:
            return
        self.capacity = -(-tokens // _STEP) * _STEP
        self._layers = [(self._grown(k), self._grown(v)) for k, v in self._layers]

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write (1, heads, new tokens, width) after what is held; return all of both up to there.

        The new tokens count only from advance on. RuntimeError if there is no room.
        """
        end = self.length + keys.shape[2]
        if end > self.capacity:
            raise RuntimeError(f"{end} tokens do not fit into a cache of {self.capacity}")
        if layer == len(self._layers):
            self._layers.append((self._room_like(keys), self._room_like(values)))
        kept_keys, kept_values = self._layers[layer]
        if self._places is not None:
            kept_keys.index_copy_(2, self._places, keys)
            kept_values.index_copy_(2, self._places, values)
            return kept_keys, kept_values
        kept_keys[:, :, self.length : end] = keys
        kept_values[:, :, self.length : end] = values
        return kept_keys[:, :, :end], kept_values[:, :, :end]

    @contextmanager
    def at(self, places: torch.Tensor) -> Iterator[None]:
        """Let update write to given places (new tokens,) and return all of the cache.

        What it does depends on no number of the host, so that it can be captured.
        """
        self._places = places
        try:
            yield
        finally:
            self._places = None

    @property
    def device(self) -> torch.device:
        """Return where it lies. IndexError before anything was written."""
        return self._layers[0][0].device

    def advance(self, tokens: int) -> None:
        """Count tokens that every layer has written."""
        self.length += tokens

    def keep(self, length: int) -> None:
        """Forget all but the first `length` tokens. ValueError if there are fewer."""
        if not 0 <= length <= self.length:
            raise ValueError(f"{length} of {self.length} tokens cannot be kept")
        self.length = length

    def _room_like(self, new: torch.Tensor) -> torch.Tensor:
        batch, heads, _, width = new.shape
        return new.new_zeros(batch, heads, self.capacity, width)

    def _grown(self, kept: torch.Tensor) -> torch.Tensor:
        larger = self._room_like(kept)
        larger[:, :, : self.length] = kept[:, :, : self.length]
        return larger
