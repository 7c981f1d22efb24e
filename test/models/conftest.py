"""Tiny checkpoints of stock classes: every test loads them as it would the real ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    BertConfig,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    SwinConfig,
)
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (
    GroundingDinoImageProcessorPil,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

CONTROL_TOKENS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
SPOKEN = ["<think>", "look", " ✅", "</think>", "<answer>", "[]", "</", "answer", ">", "more", "!"]
"""What the scripted reasoner says, token by token; the tick is three tokens of one byte or two."""


def reasoner_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=CONTROL_TOKENS, initial_alphabet=alphabet
    )
    tokenizer.train_from_iterator(["please detect the red mug in the image"] * 3, trainer)
    tokenizer.add_tokens([word for word in SPOKEN if word.isascii()])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>")


def reasoner_model(tokenizer: PreTrainedTokenizerFast) -> Qwen2_5_VLForConditionalGeneration:
    ids = tokenizer.get_vocab()
    torch.manual_seed(5)
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "rope_parameters": {
                "rope_type": "default",
                "mrope_section": [2, 3, 3],
                "rope_theta": 2000.0,
            },
            "bos_token_id": None,
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
            "initializer_range": 0.2,
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "out_hidden_size": 64,
            "intermediate_size": 48,
            "num_heads": 2,
            "window_size": 112,
            "fullatt_block_indexes": [1],
            "initializer_range": 0.2,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=False,
    )
    return Qwen2_5_VLForConditionalGeneration(config).eval()


def make_it_say(model: Qwen2_5_VLForConditionalGeneration, ids: Sequence[int]) -> None:
    """Set weights so that each id follows the one before it, the last follows itself."""
    for layer in model.model.language_model.layers:
        torch.nn.init.zeros_(layer.self_attn.o_proj.weight)
        torch.nn.init.zeros_(layer.mlp.down_proj.weight)
    torch.nn.init.zeros_(model.lm_head.weight)
    with torch.no_grad():
        for place, (before, after) in enumerate(zip(ids, [*ids[1:], ids[-1]], strict=True)):
            direction = torch.zeros(64)
            direction[place] = 1.0
            model.model.language_model.embed_tokens.weight[before] = direction
            model.lm_head.weight[after] += direction


def save_reasoner(
    directory: Path, tokenizer: PreTrainedTokenizerFast, model: Qwen2_5_VLForConditionalGeneration
) -> Path:
    tokenizer.save_pretrained(directory)
    # bounds unlike any profile's: the profile's must win
    Qwen2VLImageProcessorPil(
        size={"shortest_edge": 3136, "longest_edge": 12845056}
    ).save_pretrained(directory)
    model.save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def random_reasoner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = reasoner_tokenizer()
    return save_reasoner(tmp_path_factory.mktemp("random"), tokenizer, reasoner_model(tokenizer))


@pytest.fixture(scope="session")
def scripted_ids() -> list[int]:
    tokenizer = reasoner_tokenizer()
    return [i for word in SPOKEN for i in tokenizer(word, add_special_tokens=False)["input_ids"]]


@pytest.fixture(scope="session")
def scripted_reasoner(
    tmp_path_factory: pytest.TempPathFactory, scripted_ids: list[int]
) -> Callable[..., Path]:
    """Return what saves a reasoner that says SPOKEN, or its first n ids and then that token."""
    tokenizer = reasoner_tokenizer()
    newline = tokenizer("\n", add_special_tokens=False)["input_ids"]

    def save(first: int = len(scripted_ids), then: str | None = None) -> Path:
        model = reasoner_model(tokenizer)
        end = [] if then is None else [tokenizer.get_vocab()[then]]
        make_it_say(model, newline + scripted_ids[:first] + end)
        return save_reasoner(tmp_path_factory.mktemp("scripted"), tokenizer, model)

    return save


@pytest.fixture(scope="session")
def random_detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="session")
def processing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the detector's tokenizer and image settings, and no weights."""
    directory = tmp_path_factory.mktemp("processing")
    save_processing(directory)
    return directory


def save_processing(directory: Path) -> int:
    """Save a tokenizer and image settings; return the size of the vocabulary."""
    # the model hard-codes the ids of [CLS], [SEP], "." and "?"
    placed = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 1012: ".", 1029: "?"}
    words = [placed.get(i, f"[unused{i}]") for i in range(1030)] + ["red", "mug", "remote"]
    tokenizer = Tokenizer(
        models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 102), ("[CLS]", 101))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
    ).save_pretrained(directory)
    GroundingDinoImageProcessorPil(size={"shortest_edge": 96, "longest_edge": 160}).save_pretrained(
        directory
    )
    return len(words)


def save_detector(directory: Path) -> Path:
    words = save_processing(directory)
    torch.manual_seed(3)
    config = GroundingDinoConfig(
        backbone_config=SwinConfig(
            image_size=96,
            patch_size=8,
            embed_dim=24,
            depths=[1, 1, 1],
            num_heads=[2, 2, 2],
            window_size=4,
            out_features=["stage2", "stage3"],
        ),
        text_config=BertConfig(
            vocab_size=words,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=48,
        ),
        d_model=32,
        encoder_layers=1,
        decoder_layers=2,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        num_queries=20,
        max_text_len=16,
        num_feature_levels=2,
    )
    model = GroundingDinoForObjectDetection(config)
    # boxes large enough to overlap and to leave the image; as initialised they are one cell each
    with torch.no_grad():
        model.bbox_embed[0].layers[-1].weight.normal_(std=0.3)
        model.bbox_embed[0].layers[-1].bias[2:] = 1.0
    model.save_pretrained(directory)
    return directory
