"""The reasoner's language layers in fewer bits: which weights, and how transformers loads them."""

from __future__ import annotations

import importlib.util
import re
from typing import Any

from rex_thinker_ros.user_error import UserError

# what stores the weights, of those that work for this architecture on a CPU as well
_LIBRARIES = {"int8": "torchao", "fp8": "torchao", "int4": "bitsandbytes"}

QUANTIZATIONS = ("none", *_LIBRARIES)
"""How the language layers may be stored."""

# the decoder's own projections, under the names of old and new checkpoints
_QUANTIZED = re.compile(r"(?:.+\.)?layers\.\d+\.(?:self_attn|mlp)\.\w+_proj\.weight")
# boxes are told apart by a few pixels, and copied digit by digit: these stay as they are
_KEPT = ["model.visual", "lm_head"]
# one scale for a row of thousands of numbers weighs nothing; nf4 has a float32 for each 64
_BYTES = {"int8": 1.0, "fp8": 1.0, "int4": 0.5 + 4 / 64}


class MissingQuantizerError(UserError):
    """Say which library a quantization needs, and how to get it."""


def bytes_per_number(name: str, quantization: str, plain: int) -> float:
    """Return the bytes of each number of a checkpoint's tensor; `plain` are those unquantized."""
    if quantization == "none" or not _QUANTIZED.fullmatch(name):
        return plain
    return _BYTES[quantization]


def require_quantizer(quantization: str) -> None:
    """Raise MissingQuantizerError if the library that stores weights so is not installed."""
    library = _LIBRARIES.get(quantization)
    if library and importlib.util.find_spec(library) is None:
        raise MissingQuantizerError(
            f"The quantization {quantization} needs {library}: "
            "pip install -r requirements/quantized.txt"
        )


def quantization_config(quantization: str, compute_dtype: Any) -> Any:
    """Return what from_pretrained takes as quantization_config; None for "none".

    Products are computed in compute_dtype, a torch.dtype, whatever the weights are stored in.
    """
    if quantization == "none":
        return None
    # seconds of imports
    from transformers import BitsAndBytesConfig, TorchAoConfig

    if quantization == "int4":
        return BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=compute_dtype,
            llm_int8_skip_modules=_KEPT,
        )
    from torchao.quantization import Float8WeightOnlyConfig, Int8WeightOnlyConfig

    kind = Int8WeightOnlyConfig if quantization == "int8" else Float8WeightOnlyConfig
    return TorchAoConfig(kind(), modules_to_not_convert=_KEPT)
