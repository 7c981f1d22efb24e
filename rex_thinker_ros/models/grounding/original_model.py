"""The model of the package groundingdino with given weights, without anything being downloaded."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import torch
from groundingdino.models.GroundingDINO import groundingdino
from transformers import BatchEncoding, BertConfig, BertModel

from rex_thinker_ros.models.grounding.original_settings import (
    Weights,
    original_settings,
    text_settings,
)

TEXT_LENGTH = 256
"""How many tokens of a caption the package reads."""

_USELESS = ("label_enc.weight", "bert.embeddings.position_ids")  # for training; of old versions
_DERIVED = ".relative_position_index"  # from the size of a window


class ForeignWeightsError(ValueError):
    """Say what weights have that the model has not, or lack."""


def original_model(weights: Weights, tokenizer: Any) -> torch.nn.Module:
    """Return the model on the CPU, ready to run on an image and the tokens of its caption.

    They are what the package calls captions. ForeignWeightsError where the weights do not fit.
    """
    try:
        settings, text = original_settings(weights), text_settings(weights)
    except KeyError as error:
        raise ForeignWeightsError(f"there is no {error}") from error
    if len(tokenizer) > text.vocab_size:
        raise ForeignWeightsError(f"they know {text.vocab_size} tokens of {len(tokenizer)}")
    # The package fetches BERT and its tokenizer by name, and wraps BERT in a class that uses
    # methods which transformers 5 no longer has: both are replaced while it builds the model.
    with patch.multiple(
        groundingdino,
        get_tokenlizer=_LocalText(text, tokenizer),
        BertModelWarper=lambda bert_model: bert_model,
    ):
        model: torch.nn.Module = groundingdino.build_groundingdino(settings)
    _fill(model, weights)
    model.tokenizer = _as_given
    return model.eval()


def _as_given(tokens: BatchEncoding, **_: Any) -> BatchEncoding:
    return tokens


class _LocalText:
    """Stand in for the package's module that loads BERT, under the names it has there."""

    def __init__(self, settings: BertConfig, tokenizer: Any) -> None:
        self._settings = settings
        self._tokenizer = tokenizer

    def get_tokenlizer(self, name: str) -> Any:
        return self._tokenizer

    def get_pretrained_language_model(self, name: str) -> BertModel:
        return _PairwiseBert(self._settings)


class _PairwiseBert(BertModel):
    def forward(self, *, attention_mask: torch.Tensor, **tokens: torch.Tensor) -> Any:
        # (captions, tokens, tokens), whereas transformers wants a dimension for the heads
        return super().forward(attention_mask=attention_mask[:, None], **tokens)


def _fill(model: torch.nn.Module, weights: Weights) -> None:
    given = {name: tensor for name, tensor in weights.items() if name not in _USELESS}
    try:
        left = model.load_state_dict(given, strict=False)
    except RuntimeError as error:
        raise ForeignWeightsError(str(error)) from error
    if lacking := [name for name in left.missing_keys if not name.endswith(_DERIVED)]:
        raise ForeignWeightsError(f"there is no {lacking[0]!r}, one of {len(lacking)} missing")
    if foreign := left.unexpected_keys:
        raise ForeignWeightsError(f"{foreign[0]!r} is unknown, one of {len(foreign)} such")
