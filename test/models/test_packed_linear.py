"""Packed weights give the same products, and only where they pay."""

from __future__ import annotations

import copy

import pytest
import torch

from rex_thinker_ros.models import packed_linear
from rex_thinker_ros.models.packed_linear import PackedLinear, pack_linears


def small_model(*, bias: bool) -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(48, 96, bias=bias), torch.nn.ReLU(), torch.nn.Linear(96, 30, bias=bias)
    )


@pytest.mark.parametrize("stored", [torch.float16, torch.float32], ids=["halves", "others"])
@pytest.mark.parametrize("bias", [True, False], ids=["with a bias", "without"])
@pytest.mark.parametrize("shape", [(1, 48), (9, 48), (1, 300, 48), (2, 3, 5, 48)], ids=str)
def test_products_are_the_same_but_for_rounding(
    shape: tuple[int, ...], bias: bool, stored: torch.dtype
) -> None:
    plain = small_model(bias=bias).to(stored).float()
    packed = copy.deepcopy(plain)
    pack_linears(packed)
    assert sum(isinstance(module, PackedLinear) for module in packed.modules()) == 2
    states = torch.randn(shape)
    for _ in range(2):  # packed at the first product, and kept
        assert torch.allclose(packed(states), plain(states), atol=1e-5)


def test_other_formats_stay_as_they_are() -> None:
    model = small_model(bias=True).bfloat16()
    pack_linears(model)
    assert not any(isinstance(module, PackedLinear) for module in model.modules())


def test_quantized_models_stay_as_they_are() -> None:
    class Few(torch.nn.Parameter):
        """Stands for a quantiser's own type of weights."""

    model = small_model(bias=True)
    model[0].weight = Few(model[0].weight.detach())
    pack_linears(model)
    assert not any(isinstance(module, PackedLinear) for module in model.modules())


def test_large_models_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_linear, "LARGEST", 1000)
    model = small_model(bias=True)
    pack_linears(model)
    assert not any(isinstance(module, PackedLinear) for module in model.modules())
