"""Weights that lie as halves give the products that float32 gives."""

from __future__ import annotations

import pytest
import torch

from rex_thinker_ros.models.half_weights import HalfWeights, are_halves


def halves(rows: int, columns: int) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(rows, columns).half().float()


@pytest.mark.skipif(not are_halves(torch.zeros(1)), reason="FBGEMM runs on CPUs with AVX2 alone")
@pytest.mark.parametrize("rows", [1, 2, 13, 64])
@pytest.mark.parametrize("bias", [True, False], ids=["with a bias", "without"])
@pytest.mark.parametrize(("out", "width"), [(96, 48), (30, 37), (1583, 256)])
def test_products_are_the_same_but_for_rounding(
    out: int, width: int, bias: bool, rows: int
) -> None:
    weight = halves(out, width)
    added = torch.randn(out) if bias else None
    states = torch.randn(rows, width)
    # near in the order of adding up, and far from what states rounded to halves would give
    exact = torch.nn.functional.linear(
        states.double(), weight.double(), None if added is None else added.double()
    )
    found = HalfWeights(weight, added)(states)
    assert found.dtype is torch.float32
    assert torch.allclose(found.double(), exact, atol=1e-6 * width)


@pytest.mark.parametrize(
    "other", [1 / 3, 1e5, 1e-9], ids=["between two halves", "too large", "too small"]
)
def test_a_weight_with_another_number_is_not_of_halves(other: float) -> None:
    weight = halves(4, 8)
    weight[1, 2] = other
    assert not are_halves(weight)


def test_a_pytorch_without_these_products_has_no_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch, "fbgemm_pack_gemm_matrix_fp16")
    assert not are_halves(halves(4, 8))
