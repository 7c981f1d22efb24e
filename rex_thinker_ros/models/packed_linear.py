"""Matrix products of small models on a CPU, by weights laid out once as its fastest kernels like.

PyTorch multiplies by weights as they lie, with the kernels of BLAS. For the few rows of a decoding
pass oneDNN takes a third of the time, and for the many of an image three quarters, if it may lay
out the weights before. Few rows are multiplied by half weights, where the weights are halves.
Measured in benchmarks/README.md.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rex_thinker_ros.models.half_weights import HalfWeights, are_halves

LARGEST = 100_000_000
"""Weights of a model that is still packed: they lie in memory two and a half times."""

_FEW = 256  # rows


def may_pack(model: torch.nn.Module) -> bool:
    """Tell whether packing a model's weights pays: small, of float32, and on a CPU with oneDNN."""
    weights = list(model.parameters())
    small = sum(tensor.numel() for tensor in weights) <= LARGEST
    plain = all(
        # quantised ones are of types of their own, and say that they are of float32
        type(tensor) is torch.nn.Parameter
        and tensor.dtype is torch.float32
        and tensor.device.type == "cpu"
        for tensor in weights
    )
    return small and plain and torch.backends.mkldnn.is_available()


def pack_linears(model: torch.nn.Module) -> None:
    """Let the linear layers of a model multiply by packed weights, where that pays.

    The products are the same but for the order of adding up. Only for inference: no gradient comes
    back.
    """
    if not may_pack(model):
        return
    for module in model.modules():
        if type(module) is torch.nn.Linear:
            module.__class__ = PackedLinear


class Packed:
    """Hold a packed copy of a weight (out, in), and a bias (out)."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach())
        self._bias = None if bias is None else bias.detach()
        self._halves = HalfWeights(weight, bias) if are_halves(weight) else None

    def __call__(self, states: Tensor) -> Tensor:
        """Return (..., out) for states (..., in)."""
        if self._halves is not None and states.shape[:-1].numel() <= _FEW:
            return self._halves(states)
        product: Tensor = torch.ops.mkldnn._linear_pointwise(
            states, self._weight, self._bias, "none", [], ""
        )
        return product


class PackedLinear(torch.nn.Linear):
    """Multiply by a packed copy of the weight, which is made at the first product."""

    _packed: Packed | None = None

    def forward(self, states: Tensor) -> Tensor:
        """Return (..., out) for states (..., in)."""
        if self._packed is None:
            self._packed = Packed(self.weight, self.bias)
        return self._packed(states)
