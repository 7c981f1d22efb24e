"""Read a prompt with its image, and the tokens that follow, into a cache that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from rex_thinker_ros.models.decoding.kept_cache import KeptCache
from rex_thinker_ros.user_error import UserError


class UnsupportedModelError(UserError):
    """Say what a checkpoint asks for that is not decoded here."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """Hold what the cache begins with: the tokens up to an image's end, and a key of its pixels."""

    image: bytes
    tokens: tuple[int, ...]


class LanguageReader:
    """Compute logits of a Qwen2.5-VL, token after token; for one thread at a time."""

    def __init__(self, model: Any) -> None:
        """Take a loaded Qwen2_5_VLForConditionalGeneration.

        Raises UnsupportedModelError for one with sliding windows in its language layers.
        """
        self._model = model.model
        self._head = model.lm_head
        self._language = self._model.language_model
        self._attention: str = self._language.config._attn_implementation
        if self._language.has_sliding_layers:
            raise UnsupportedModelError("Checkpoints with sliding windows are not supported.")
        self._cache = KeptCache()
        self._prefix: Prefix | None = None
        self._offset = 0  # position of a text token after the image, less its index

    @property
    def device(self) -> torch.device:
        """Return where it computes."""
        device: torch.device = self._model.device
        return device

    def read_prompt(self, inputs: dict[str, torch.Tensor], image: bytes, room: int) -> torch.Tensor:
        """Return the logits (1, vocabulary) after a prompt, and leave room for tokens to follow.

        inputs are those of QwenInputs; `image` is a key of the pixels. The part up to the image's
        end is not read again if it is what the cache begins with. Raises KeyError if the map of
        token types is missing, without which an image would be taken for text.
        """
        ids, types = inputs["input_ids"], inputs["mm_token_type_ids"]
        positions, offset = self._model.get_rope_index(
            ids, mm_token_type_ids=types, image_grid_thw=inputs["image_grid_thw"]
        )
        end = int(types[0].nonzero()[-1]) + 2  # of the image, and the token that closes it
        prefix = Prefix(image, tuple(ids[0, :end].tolist()))
        self._offset = int(offset)
        if prefix == self._prefix:
            self._cache.keep(end)
            self._cache.reserve(ids.shape[1] + room)
        else:
            self._prefix = None  # not before it is whole: reading may fail
            self._cache.keep(0)
            self._cache.reserve(ids.shape[1] + room)
            self._forward(self._embed_prefix(inputs, end), positions[:, :, :end])
            self._prefix = prefix
        rest = self._language.embed_tokens(ids[:, end:])
        return self._logits(self._forward(rest, positions[:, :, end:])[:, -1:])

    def read(self, tokens: list[int]) -> torch.Tensor:
        """Return the logits (tokens, vocabulary) after each of some further tokens."""
        ids = torch.tensor([tokens], device=self.device)
        start = self._cache.length + self._offset
        positions = torch.arange(start, start + len(tokens), device=self.device)
        embedded = self._language.embed_tokens(ids)
        return self._logits(self._forward(embedded, positions.expand(3, 1, -1)))

    def take_back(self, tokens: int) -> None:
        """Forget the last tokens that were read."""
        self._cache.keep(self._cache.length - tokens)

    def _embed_prefix(self, inputs: dict[str, torch.Tensor], end: int) -> torch.Tensor:
        embedded = self._language.embed_tokens(inputs["input_ids"][:, :end])
        seen = self._model.get_image_features(
            inputs["pixel_values"], image_grid_thw=inputs["image_grid_thw"]
        ).pooler_output[0]
        is_image = inputs["mm_token_type_ids"][0, :end].bool()
        embedded[0, is_image] = seen.to(embedded.dtype)
        return embedded

    def _forward(self, embedded: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Run the layers over (1, new, width) at positions (3, 1, new); return the same shape."""
        new = embedded.shape[1]
        mask = self._mask(new, embedded)
        rotation = self._language.rotary_emb(embedded, positions)
        hidden = embedded
        for layer in self._language.layers:
            hidden = layer(
                hidden,
                attention_mask=mask,
                position_embeddings=rotation,
                past_key_values=self._cache,
                use_cache=True,
            )
        self._cache.advance(new)
        normed: torch.Tensor = self._language.norm(hidden)
        return normed

    def _mask(self, new: int, like: torch.Tensor) -> torch.Tensor | None:
        """Return which tokens each new one may see, as the attention wants it told."""
        held = self._cache.length
        # flash-attn aligns by the end; the others see all with one token, and by the beginning
        if self._attention == "flash_attention_2" or new == 1:
            return None
        allowed = torch.ones(new, held + new, dtype=torch.bool, device=like.device).tril(held)
        if self._attention == "eager":
            added = torch.zeros_like(allowed, dtype=like.dtype)
            return added.masked_fill(~allowed, torch.finfo(like.dtype).min)[None, None]
        return allowed[None, None]

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._head(hidden)[0].float()
        return logits
