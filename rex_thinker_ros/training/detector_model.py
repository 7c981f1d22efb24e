"""The embedded detectors: a stock Grounding DINO, only small, for coarse or for fine images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertTokenizerFast,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    ResNetConfig,
)
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (
    GroundingDinoImageProcessorPil,
)

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.vocabulary import CATEGORIES

# The model's text side knows these by number: [CLS], [SEP], "." and "?" of the BERT vocabulary.
FIXED_IDS = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103,
             ".": 1012, "?": 1029}  # fmt: skip
VOCABULARY = 1100

_OTHER_NOUNS = """
banana apple orange lemon pear cup glass plate fork knife spoon screwdriver hammer wrench pliers
drill phone remote laptop keyboard mouse book pen pencil marker scissors tape stapler box bag
basket bucket hat helmet shoe sock shirt glove watch key coin card dice toy car truck plane boat
doll bear dog cat bird person man woman hand chair lamp clock vase flower plant sponge brush
towel soap jar lid pot pan kettle tray sticker label cable charger battery bulb candle rope ring
wheel tool pipe bolt screw nut gear sensor robot gripper camera printer
"""
OTHER_NOUNS = tuple(_OTHER_NOUNS.split())


@dataclass(frozen=True)
class Sight:
    """What a detector sees: an image stretched to `size`, multiples of the coarsest stride so that
    the cells of the backbone cover it exactly; and its queries, several for each of up to 10
    objects, since a large one takes as many proposals as it has cells."""

    size: Size
    queries: int


COARSE = Sight(Size(480, 352), queries=48)
FINE = Sight(Size(640, 480), queries=72)
FINE_HELP = "train the finer of both, which takes the first look, on larger images"


def build_tokenizer() -> BertTokenizerFast:
    """Return a word-level tokenizer with BERT's layout and special ids."""
    words = {**FIXED_IDS}
    free = (i for i in range(200, VOCABULARY) if i not in FIXED_IDS.values())
    for word in (*CATEGORIES, *(w for w in OTHER_NOUNS if w not in CATEGORIES)):
        words[word] = next(free)
    for index in set(range(VOCABULARY)) - set(words.values()):
        words[f"[unused{index}]"] = index
    tokenizer = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 102), ("[CLS]", 101))
    return BertTokenizerFast(tokenizer_object=tokenizer)


def backbone_config() -> ResNetConfig:
    """Return the configuration of the backbone, which is trained before the rest."""
    return ResNetConfig(
        embedding_size=32, hidden_sizes=[32, 64, 128, 192], depths=[1, 1, 2, 1],
        layer_type="basic", out_indices=[3, 4],
    )  # fmt: skip


def build_detector(queries: int = COARSE.queries) -> GroundingDinoForObjectDetection:
    """Return an untrained model."""
    config = GroundingDinoConfig(
        backbone_config=backbone_config(),
        text_config={
            "model_type": "bert", "vocab_size": VOCABULARY, "hidden_size": 64,
            "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 128,
            "max_position_embeddings": 64, "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
        },
        num_queries=queries, d_model=96, encoder_layers=2, decoder_layers=2, encoder_ffn_dim=256,
        decoder_ffn_dim=256, encoder_attention_heads=4, decoder_attention_heads=4,
        num_feature_levels=2, max_text_len=32, dropout=0.0, fusion_droppath=0.0,
    )  # fmt: skip
    return GroundingDinoForObjectDetection(config)


def image_processor(size: Size = COARSE.size) -> GroundingDinoImageProcessorPil:
    """Return the stock image processor that stretches every image to one size in pixels."""
    sides = {"height": size.height, "width": size.width}
    return GroundingDinoImageProcessorPil(size=sides, do_pad=False)


def save_detector(model: GroundingDinoForObjectDetection, folder: Path, size: Size) -> None:
    """Write a stock checkpoint directory in half precision (safetensors)."""
    model.config.dtype = torch.float16
    half = {name: tensor.half() if tensor.is_floating_point() else tensor
            for name, tensor in model.state_dict().items()}  # fmt: skip
    model.save_pretrained(folder, state_dict=half)
    build_tokenizer().save_pretrained(folder)
    image_processor(size).save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)
