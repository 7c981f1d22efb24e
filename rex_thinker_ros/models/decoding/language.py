"""Read a prompt with its image, and the tokens that follow, into a cache that is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from rex_thinker_ros.models.decoding.fixed_pass import FixedPass
from rex_thinker_ros.models.decoding.fused_layers import language_layers
from rex_thinker_ros.models.decoding.kept_cache import KeptCache
from rex_thinker_ros.models.memory.shortage import is_shortage

FIXED_SIZES = (1, 4, 9, 17, 33)
"""Tokens of a pass of fixed size: the newest, and drafts of up to 3, 8, 16 or 32."""

_LARGEST_DIFFERENCE = 0.05  # of the largest logit, between two orders of adding up in bfloat16

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """Hold an image: a key of its pixels, and what prepares its patches (patches, values)."""

    key: bytes
    patches: Callable[[], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Prefix:
    """Hold what the cache begins with: the tokens up to an image's end, and a key of its pixels."""

    image: bytes
    tokens: tuple[int, ...]


class LanguageReader:
    """Compute logits of a Qwen2.5-VL, token after token; for one thread at a time."""

    def __init__(self, model: Any, *, fixed: bool | None = None) -> None:
        """Take a loaded Qwen2_5_VLForConditionalGeneration.

        fixed: whether tokens after the prompt are read by passes of fixed sizes, which a GPU
        replays as graphs; None does so on a GPU, where the attention can. Raises
        UnsupportedModelError as LanguageLayers does.
        """
        self._model = model.model
        self._layers = language_layers(model)
        self._cache = KeptCache()
        self._prefix: Prefix | None = None
        self._offset = 0  # position of a text token after the image, less its index
        if fixed is None:
            fixed = self.device.type == "cuda" and self._layers.attention != "flash_attention_2"
        self._fixed = fixed
        self._passes: list[FixedPass] = []

    @property
    def device(self) -> torch.device:
        """Return where it computes."""
        device: torch.device = self._model.device
        return device

    def reserve(self, tokens: int) -> None:
        """Make room for that many tokens, of a prompt and what follows; more make it grow."""
        before = self._cache.capacity
        self._cache.reserve(tokens + max(FIXED_SIZES))  # whose filling is written as well
        if self._cache.capacity > before:
            self._passes = []

    def read_prompt(self, inputs: dict[str, torch.Tensor], look: Look, room: int) -> torch.Tensor:
        """Return the logits (1, vocabulary) after a prompt, and leave room for tokens to follow.

        inputs are those of QwenInputs.tokens. The part up to the image's end is not read again, nor
        are its pixels prepared, if it is what the cache begins with. Raises KeyError if the map of
        token types is missing, without which an image would be taken for text.
        """
        positions, end = self.read_image(inputs, look, room)
        rest = self._layers.embed(inputs["input_ids"][:, end:])
        return self._layers.logits(self._read(rest, positions[:, :, end:], wanted=1))

    def read_image(
        self, inputs: dict[str, torch.Tensor], look: Look, room: int = 0
    ) -> tuple[torch.Tensor, int]:
        """Read a prompt up to its image's end, unless the cache begins with just that.

        Return the positions (3, 1, length) of the prompt, and where the image ends.
        """
        ids, types = inputs["input_ids"], inputs["mm_token_type_ids"]
        positions, offset = self._model.get_rope_index(
            ids, mm_token_type_ids=types, image_grid_thw=inputs["image_grid_thw"]
        )
        end = int(types[0].nonzero()[-1]) + 2  # of the image, and the token that closes it
        prefix = Prefix(look.key, tuple(ids[0, :end].tolist()))
        self._offset = int(offset)
        if prefix == self._prefix:
            self._cache.keep(end)
            self.reserve(ids.shape[1] + room)
        else:
            self._prefix = None  # not before it is whole: reading may fail
            self._cache.keep(0)
            self.reserve(ids.shape[1] + room)
            prefixed = self._embed_prefix(inputs, look.patches(), end)
            self._read(prefixed, positions[:, :, :end], wanted=0)
            self._prefix = prefix
        return positions, end

    def read(self, tokens: list[int]) -> torch.Tensor:
        """Return the logits (tokens, vocabulary) after each of some further tokens."""
        if self._fixed and not self._passes:
            self._make_passes(tokens[0])
        fitting = next((one for one in self._passes if one.tokens >= len(tokens)), None)
        if fitting is None:
            return self._read_plain(tokens)
        logits = fitting.read(tokens, self._offset)
        self._cache.advance(len(tokens))
        return logits

    def _read_plain(self, tokens: list[int]) -> torch.Tensor:
        ids = torch.tensor([tokens], device=self.device)
        start = self._cache.length + self._offset
        positions = torch.arange(start, start + len(tokens), device=self.device)
        return self._layers.logits(self._read(self._layers.embed(ids), positions.expand(3, 1, -1)))

    def take_back(self, tokens: int) -> None:
        """Forget the last tokens that were read."""
        self._cache.keep(self._cache.length - tokens)

    def _embed_prefix(
        self, inputs: dict[str, torch.Tensor], patches: torch.Tensor, end: int
    ) -> torch.Tensor:
        embedded = self._layers.embed(inputs["input_ids"][:, :end])
        seen = self._model.get_image_features(
            patches.to(self.device), image_grid_thw=inputs["image_grid_thw"]
        ).pooler_output[0]
        is_image = inputs["mm_token_type_ids"][0, :end].bool()
        embedded[0, is_image] = seen.to(embedded.dtype)
        return embedded

    def _make_passes(self, token: int) -> None:
        """Make a pass of each size, so that none is captured in the midst of an answer.

        Where they cannot be captured, or read a token otherwise than one by one, there are none.
        """
        try:
            self._passes = [FixedPass(self._layers, self._cache, size) for size in FIXED_SIZES]
        except RuntimeError as error:
            if is_shortage(error):
                raise
            self._do_without_passes(str(error))
            return
        plain = self._read_plain([token])
        self.take_back(1)
        most = plain.abs().max() * _LARGEST_DIFFERENCE
        if any(
            (one.read([token], self._offset) - plain).abs().max() > most for one in self._passes
        ):
            self._do_without_passes("they read a token otherwise than one by one")

    def _do_without_passes(self, reason: str) -> None:
        _log.warning("No passes of fixed sizes, decoding will be slower: %s", reason)
        self._fixed, self._passes = False, []

    def _read(
        self, embedded: torch.Tensor, positions: torch.Tensor, wanted: int | None = None
    ) -> torch.Tensor:
        """Run the layers over (1, new, width) at positions (3, 1, new), and count them as held.

        wanted is that of LanguageLayers.run.
        """
        new, held = embedded.shape[1], self._cache.length
        allowed = None
        # flash-attn aligns by the end; the others see all with one token, and by the beginning
        if self._layers.attention != "flash_attention_2" and new > 1:
            allowed = torch.ones(new, held + new, dtype=torch.bool, device=self.device).tril(held)
        hidden = self._layers.run(embedded, positions, allowed, self._cache, wanted)
        self._cache.advance(new)
        return hidden
