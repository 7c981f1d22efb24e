"""The settings of a model of the package groundingdino, read off the shapes of its weights.

The package keeps them in Python files, beside its weights as well; none of those is executed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isqrt
from types import SimpleNamespace

import torch
from groundingdino.config import GroundingDINO_SwinT_OGC as RELEASED
from transformers import BertConfig

Weights = Mapping[str, torch.Tensor]

_BACKBONES = {  # by channels and side of a window
    (96, 7): "swin_T_224_1k",
    (128, 7): "swin_B_224_22k",
    (128, 12): "swin_B_384_22k",
    (192, 7): "swin_L_224_22k",
    (192, 12): "swin_L_384_22k",
}
_BERT_HEAD = 64  # channels of a head in every released BERT


def original_settings(weights: Weights) -> SimpleNamespace:
    """Return the package's settings: those of the release, with the sizes that the weights have.

    KeyError where the weights are of another model.
    """
    released = {name: value for name, value in vars(RELEASED).items() if name[0] != "_"}
    sizes = {
        "backbone": _backbone(weights),
        "enc_layers": _count(weights, r"transformer\.encoder\.layers\.(\d+)"),
        "dec_layers": _count(weights, r"transformer\.decoder\.layers\.(\d+)"),
        "dim_feedforward": len(weights["transformer.encoder.layers.0.linear1.bias"]),
        "num_queries": len(weights["transformer.tgt_embed.weight"]),
        "num_feature_levels": len(weights["transformer.level_embed"]),
    }
    # to forget and recompute is for training
    plain = {"use_checkpoint": False, "use_transformer_ckpt": False}
    return SimpleNamespace(**released | sizes | plain)


def text_settings(weights: Weights) -> BertConfig:
    """Return the settings of the text model. KeyError where the weights are of another model."""
    words, channels = weights["bert.embeddings.word_embeddings.weight"].shape
    return BertConfig(
        vocab_size=words,
        hidden_size=channels,
        num_hidden_layers=_count(weights, r"bert\.encoder\.layer\.(\d+)"),
        num_attention_heads=channels // _BERT_HEAD,
        intermediate_size=len(weights["bert.encoder.layer.0.intermediate.dense.bias"]),
        max_position_embeddings=len(weights["bert.embeddings.position_embeddings.weight"]),
        type_vocab_size=len(weights["bert.embeddings.token_type_embeddings.weight"]),
    )


def _backbone(weights: Weights) -> str:
    channels = len(weights["backbone.0.patch_embed.proj.bias"])
    offsets = len(weights["backbone.0.layers.0.blocks.0.attn.relative_position_bias_table"])
    window = (isqrt(offsets) + 1) // 2  # offsets between any two of its places, on both axes
    if (channels, window) not in _BACKBONES:
        raise KeyError(f"Swin with {channels} channels and windows of {window}")
    return _BACKBONES[channels, window]


def _count(weights: Weights, layer: str) -> int:
    return len({found[1] for name in weights if (found := re.match(layer, name))})
