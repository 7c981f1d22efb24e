"""Matrix products of a few rows by weights that lie in memory as halves.

A product of few rows waits for its weights. Those of a checkpoint in half precision are the same
numbers as halves, so that half as many bytes need to be read: FBGEMM widens them on the way, and
multiplies and adds up in float32. Measured in benchmarks/README.md.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor


class HalfWeights:
    """Hold a packed copy of a weight (out, in), each number of which is a half; and a bias (out).

    For a CPU; rows that are many are multiplied faster in other ways.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        self._bias = weight.new_zeros(len(weight)) if bias is None else bias.detach()
        with warnings.catch_warnings():  # it says once that a later PyTorch may lack it
            warnings.simplefilter("ignore")
            self._weight = torch.fbgemm_pack_gemm_matrix_fp16(weight.detach().contiguous())
            self(weight.new_zeros(1, weight.shape[1]))

    def __call__(self, states: Tensor) -> Tensor:
        """Return (rows, out) in float32 for float32 states (rows, in)."""
        return torch.fbgemm_linear_fp16_weight_fp32_activation(states, self._weight, self._bias)


def are_halves(weight: Tensor) -> bool:
    """Tell whether each number of a weight is a half, and this PyTorch and CPU can multiply so."""
    able = "fbgemm" in torch.backends.quantized.supported_engines and hasattr(
        torch, "fbgemm_pack_gemm_matrix_fp16"
    )
    return able and torch.equal(weight.half().to(weight.dtype), weight)
