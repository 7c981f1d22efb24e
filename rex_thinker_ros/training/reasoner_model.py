"""The embedded reasoner: a stock Qwen2.5-VL, only small."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import torch
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rex_thinker_ros.training.examples import BOUNDS
from rex_thinker_ros.training.tokenizer import NUMBERS

WIDTH, LAYERS, HEADS = 256, 6, 4
VISION_WIDTH, VISION_DEPTH = 160, 5
EMBEDDING_STD = 0.05


def build_reasoner(tokenizer: PreTrainedTokenizerFast) -> Qwen2_5_VLForConditionalGeneration:
    """Return an untrained model for the tokenizer's vocabulary."""
    token = tokenizer.convert_tokens_to_ids
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": WIDTH, "intermediate_size": 512,
            "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
            "num_key_value_heads": HEADS, "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-6, "tie_word_embeddings": True, "initializer_range": 0.04,
            # A low base and interleaved sections give height and width phase on a small grid.
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 2000.0, "mrope_section": [2, 3, 3] * 4,
            },
            "bos_token_id": None, "eos_token_id": token("<|im_end|>"),
            "pad_token_id": token("<|endoftext|>"),
        },
        vision_config={
            "depth": VISION_DEPTH, "hidden_size": VISION_WIDTH, "intermediate_size": 320,
            "num_heads": 4, "out_hidden_size": WIDTH, "window_size": 112,
            "fullatt_block_indexes": list(range(VISION_DEPTH)), "initializer_range": 0.04,
        },
        image_token_id=token("<|image_pad|>"), video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"), tie_word_embeddings=True,
    )  # fmt: skip
    model = Qwen2_5_VLForConditionalGeneration(config)
    _start_numbers_as_waves(model, tokenizer)
    return model


def _start_numbers_as_waves(
    model: Qwen2_5_VLForConditionalGeneration, tokenizer: PreTrainedTokenizerFast
) -> None:
    """Give near numbers near embeddings: half the width is sines and cosines of the value."""
    table = model.get_input_embeddings().weight
    half = table.shape[1] // 4
    periods = torch.exp(torch.linspace(math.log(3.0), math.log(1200.0), half))
    with torch.no_grad():
        table.normal_(0, EMBEDDING_STD)
        for number in range(NUMBERS):
            phase = 2 * math.pi * number / periods
            wave = torch.cat([phase.sin(), phase.cos()]) * EMBEDDING_STD * math.sqrt(2)
            for text in (f"{number}", f"{number}, "):
                row = table[tokenizer.convert_tokens_to_ids(text)]
                row[: 2 * half] = wave
                row[2 * half :] *= 0.5


@cache
def image_processor() -> Qwen2VLImageProcessorPil:
    """Return the stock image processor with the embedded reasoner's pixel bounds."""
    size = {"shortest_edge": BOUNDS.min_pixels, "longest_edge": BOUNDS.max_pixels}
    return Qwen2VLImageProcessorPil(size=size)


def save_reasoner(
    model: Qwen2_5_VLForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, folder: Path
) -> None:
    """Write a stock checkpoint directory in half precision (safetensors)."""
    half = {name: tensor.half() for name, tensor in model.state_dict().items()}
    model.config.dtype = torch.float16
    model.generation_config.do_sample = False
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder, state_dict=half)
    tokenizer.save_pretrained(folder)
    image_processor().save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)
