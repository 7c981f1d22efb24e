"""A pass over a fixed number of tokens and the whole of the cache; on a GPU, a graph to replay."""

from __future__ import annotations

import torch

from rex_thinker_ros.models.decoding.kept_cache import KeptCache
from rex_thinker_ros.models.decoding.layers import LanguageLayers

_WARM_UPS = 3  # kernels choose and allocate on their first runs, which a graph must not hold


class FixedPass:
    """Read up to `tokens` tokens at once; shorter reads are filled up, and the filling ignored."""

    def __init__(self, layers: LanguageLayers, cache: KeptCache, tokens: int) -> None:
        """Capture the pass where the cache lies on a GPU; elsewhere it only runs.

        It is of no use any more once the cache has grown.
        """
        self.tokens = tokens
        self._layers = layers
        self._cache = cache
        device = cache.device
        self._ids = torch.zeros(1, tokens, dtype=torch.long, device=device)
        # to begin with after what is held, so that warming up overwrites none of it
        self._places = torch.arange(cache.length, cache.length + tokens, device=device)
        self._offset = torch.zeros(1, dtype=torch.long, device=device)
        self._columns = torch.arange(cache.capacity, device=device)
        self._graph: torch.cuda.CUDAGraph | None = None
        if device.type == "cuda":
            self._capture()

    def read(self, tokens: list[int], offset: int) -> torch.Tensor:
        """Return the logits (tokens, vocabulary) of tokens that follow what the cache holds.

        offset is the position of a token less its place. The caller counts the tokens as held.
        """
        filled = tokens + tokens[-1:] * (self.tokens - len(tokens))
        first = self._cache.length
        self._ids.copy_(torch.tensor([filled]))
        self._places.copy_(torch.arange(first, first + self.tokens))
        self._offset.fill_(offset)
        if self._graph is None:
            return self._compute()[: len(tokens)]
        self._graph.replay()
        return self._logits[: len(tokens)]

    def _compute(self) -> torch.Tensor:
        positions = (self._places + self._offset).expand(3, 1, -1)
        allowed = self._columns[None] <= self._places[:, None]
        with self._cache.at(self._places):
            hidden = self._layers.run(
                self._layers.embed(self._ids), positions, allowed, self._cache
            )
        return self._layers.logits(hidden)

    def _capture(self) -> None:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                self._compute()
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._logits = self._compute()
