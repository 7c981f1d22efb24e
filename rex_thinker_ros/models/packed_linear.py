"""Matrix products of small models on a CPU, by weights laid out once as its fastest kernels like.

PyTorch multiplies by weights as they lie, with the kernels of BLAS. For the few rows of a decoding
pass oneDNN takes a third of the time, and for the many of an image three quarters, if it may lay
out the weights before; measured in benchmarks/README.md.
"""

from __future__ import annotations

import torch
from torch import Tensor

LARGEST = 100_000_000
"""Weights of a model that is still packed: they lie in memory twice."""


def pack_linears(model: torch.nn.Module) -> None:
    """Let the linear layers of a model of float32 on a CPU multiply by packed weights.

    The products are the same but for the order of adding up. Others, large models, and all where
    PyTorch has no oneDNN stay as they are. Only for inference: no gradient comes back.
    """
    weights = list(model.parameters())
    small = sum(tensor.numel() for tensor in weights) <= LARGEST
    plain = all(t.dtype is torch.float32 and t.device.type == "cpu" for t in weights)
    if not (small and plain and torch.backends.mkldnn.is_available()):
        return
    for module in model.modules():
        if type(module) is torch.nn.Linear:
            module.__class__ = PackedLinear


class PackedLinear(torch.nn.Linear):
    """Multiply by a packed copy of the weight, which is made at the first product."""

    _packed: Tensor | None = None

    def forward(self, states: Tensor) -> Tensor:
        """Return (..., out) for states (..., in)."""
        if self._packed is None:
            self._packed = torch.ops.mkldnn._reorder_linear_weight(self.weight.detach())
        product: Tensor = torch.ops.mkldnn._linear_pointwise(
            states, self._packed, self.bias, "none", [], ""
        )
        return product
