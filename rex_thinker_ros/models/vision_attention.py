"""Qwen2.5-VL's vision attention with one call for all windows of a length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VisionTransformerPretrainedModel,
    Qwen2_5_VLVisionAttention,
    apply_rotary_pos_emb_vision,
    eager_attention_forward,
)
from transformers.vision_utils import (
    get_vision_cu_seqlens,
    get_vision_position_ids,
    get_vision_window_index,
)

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]

_GROUPED = ("sdpa", "eager")  # flash attention takes all windows in one call as it is


def group_windows(model: torch.nn.Module) -> None:
    """Let each layer of a Qwen2.5-VL's vision tower attend once for each length of window.

    The library attends once for each window. The results are the same, with sdpa on a CPU to the
    last bit: every window is still computed on its own, as one of a batch. A model that holds no
    such tower stays as it is, and so does one with an attention other than sdpa and eager, also
    while it is set to such a one later.

    The host waits for the device once for each image, when it reads the size of the image, and in
    no layer. What remains outside the tower: the library reads that size again to divide the
    tower's output among the images, and compares the number of image tokens with that output.
    """
    for module in model.modules():
        if isinstance(module, Qwen2_5_VisionTransformerPretrainedModel):
            module.register_forward_pre_hook(_lay_out_on_host, with_kwargs=True)
        elif isinstance(module, Qwen2_5_VLVisionAttention):
            module.__class__ = GroupedVisionAttention


class GroupedVisionAttention(Qwen2_5_VLVisionAttention):
    """Attend within windows, all those of a length at once."""

    def forward(
        self,
        hidden_states: Tensor,
        cu_seqlens: Tensor,
        position_embeddings: tuple[Tensor, Tensor],
        max_seqlen: int | None = None,
        **kwargs: Any,
    ) -> Tensor:
        """Return (patches, channels) for hidden states of that shape.

        cu_seqlens (windows + 1) holds where the windows begin, and the end; the host waits for it
        where it is on a device. The position embeddings are a cosine and a sine
        (patches, channels of a head).
        """
        if self.config._attn_implementation not in _GROUPED:
            return super().forward(
                hidden_states, cu_seqlens, position_embeddings, max_seqlen, **kwargs
            )
        attention = ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, eager_attention_forward
        )

        def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            output, _ = attention(
                self,
                query,
                key,
                value,
                attention_mask=None,
                scaling=self.scaling,
                dropout=self.attention_dropout if self.training else 0.0,
                is_causal=False,
                **kwargs,
            )
            return output

        patches = len(hidden_states)
        query, key, value = self.qkv(hidden_states).view(patches, 3, self.num_heads, -1).unbind(1)
        query, key = apply_rotary_pos_emb_vision(query, key, *position_embeddings)
        lengths = cu_seqlens.diff().tolist()
        return self.proj(_attend_by_length(attend, query, key, value, lengths).flatten(1))


def _attend_by_length(
    attend: Attend, query: Tensor, key: Tensor, value: Tensor, lengths: Sequence[int]
) -> Tensor:
    """Return what attention within the windows gives, (patches, heads, channels) as each input.

    `attend` takes three of (windows, heads, length, channels) and returns
    (windows, length, heads, channels).
    """
    windows = [states.unsqueeze(0).split(lengths, dim=1) for states in (query, key, value)]
    places_of_length = defaultdict(list)
    for place, length in enumerate(lengths):
        places_of_length[length].append(place)
    attended: dict[int, Tensor] = {}
    for places in places_of_length.values():
        batches = (_join([states[place] for place in places], dim=0) for states in windows)
        output = attend(*(batch.transpose(1, 2) for batch in batches))
        attended.update(zip(places, output.split(1), strict=True))
    return _join([attended[place] for place in range(len(lengths))], dim=1).squeeze(0)


def _join(tensors: Sequence[Tensor], dim: int) -> Tensor:
    # a layer that attends fully has one window: nothing to copy
    return tensors[0] if len(tensors) == 1 else torch.cat(tensors, dim=dim)


def _lay_out_on_host(
    tower: Qwen2_5_VisionTransformerPretrainedModel, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Add to a tower's arguments what it would compute from the sizes of the images.

    Computed from a copy on the host, of which the windows' bounds stay there: each layer needs
    them as integers, and to read them from the device it would have to wait for all work so far.
    """
    if tower.config._attn_implementation not in _GROUPED:
        return None
    sizes = (kwargs["grid_thw"] if "grid_thw" in kwargs else args[1]).cpu()
    order, window_bounds = get_vision_window_index(
        sizes, tower.spatial_merge_size, tower.window_size, tower.patch_size
    )
    positions = get_vision_position_ids(sizes, tower.spatial_merge_size)
    layout = {
        "cu_seqlens": get_vision_cu_seqlens(sizes),
        "cu_window_seqlens": window_bounds,
        "window_index": order.to(tower.device, non_blocking=True),
        "position_ids": positions.to(tower.device, non_blocking=True),
    }
    return args, {**layout, **kwargs}
