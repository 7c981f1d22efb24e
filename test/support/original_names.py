"""Weights of transformers' Grounding DINO under the names of the package groundingdino."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch

# what the package keeps in one tensor: query, key and value, in this order in both
_PARTS = (
    (r"^(model\.(?:en|de)coder\..*)\.(?:query|key|value)\.(weight|bias)$", r"\1.in_proj_\2"),
    (r"^(model\.backbone\..*)\.attention\.[qkv]_proj\.(weight|bias)$", r"\1.attn.qkv.\2"),
)
_SWIN = r"^model\.backbone\.conv_encoder\.model\."
_RENAMED = (
    (_SWIN + r"swin\.embeddings\.patch_embeddings\.projection", "backbone.0.patch_embed.proj"),
    (_SWIN + r"swin\.embeddings\.norm", "backbone.0.patch_embed.norm"),
    (_SWIN + r"swin\.encoder\.", "backbone.0."),
    (_SWIN + r"hidden_states_norms\.stage2", "backbone.0.norm1"),
    (_SWIN + r"hidden_states_norms\.stage3", "backbone.0.norm2"),
    (_SWIN + r"hidden_states_norms\.stage4", "backbone.0.norm3"),
    (r"attention\.relative_position_bias\.", "attn."),
    (r"attention\.o_proj", "attn.proj"),
    (r"layernorm_before", "norm1"),
    (r"layernorm_after", "norm2"),
    (r"^model\.input_proj_vision", "input_proj"),
    (r"^model\.text_backbone", "bert"),
    (r"^model\.text_projection", "feat_map"),
    (r"^model\.query_position_embeddings", "transformer.tgt_embed"),
    (r"^model\.encoder_output_bbox_embed", "transformer.enc_out_bbox_embed"),
    (r"^model\.decoder\.reference_points_head", "transformer.decoder.ref_point_head"),
    (r"^model\.decoder\.layer_norm", "transformer.decoder.norm"),
    (r"^model\.(?=level_embed|enc_output|encoder|decoder)", "transformer."),
    (r"layers\.(\d+)\.deformable_layer", r"layers.\1"),
    (r"layers\.(\d+)\.text_enhancer_layer", r"text_layers.\1"),
    (r"layers\.(\d+)\.fusion_layer", r"fusion_layers.\1"),
    (r"\bvision_param", "gamma_v"),
    (r"\btext_param", "gamma_l"),
    (r"layer_norm_vision", "layer_norm_v"),
    (r"layer_norm_text", "layer_norm_l"),
    (r"vision_proj", "v_proj"),
    (r"text_proj", "l_proj"),
    (r"layer_norm_before", "norm1"),
    (r"layer_norm_after", "norm2"),
    (r"(decoder\.layers\.\d+)\.self_attn_layer_norm", r"\1.norm2"),
    (r"(decoder\.layers\.\d+)\.encoder_attn_layer_norm", r"\1.norm1"),
    (r"(decoder\.layers\.\d+)\.final_layer_norm", r"\1.norm3"),
    (r"encoder_attn_text_layer_norm", "catext_norm"),
    (r"encoder_attn_text", "ca_text"),
    (r"encoder_attn", "cross_attn"),
    (r"self_attn_layer_norm", "norm1"),
    (r"final_layer_norm", "norm2"),
    (r"^(transformer.*\.)fc([12])\.", r"\1linear\2."),
)


def with_original_names(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the same weights, of a model with a Swin backbone, as the package saves them."""
    renamed: dict[str, list[torch.Tensor]] = {}
    for name, tensor in weights.items():
        if ".swin.layernorm." not in name:  # of the classifier that the backbone once was
            renamed.setdefault(_original(name), []).append(tensor)
    channels = len(weights["model.text_backbone.embeddings.LayerNorm.bias"])
    return {name: torch.cat(tensors) for name, tensors in renamed.items()} | {
        "bert.pooler.dense.weight": torch.zeros(channels, channels),
        "bert.pooler.dense.bias": torch.zeros(channels),
        # of no use, but the released files have them
        "label_enc.weight": torch.zeros(3, 256),
        "bert.embeddings.position_ids": torch.arange(512)[None],
    }


def _original(name: str) -> str:
    for old, new in (*_PARTS, *_RENAMED):
        name = re.sub(old, new, name)
    return name
