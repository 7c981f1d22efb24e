"""Advantages, the clipped ratio and the KL estimate against numbers computed by hand."""

from __future__ import annotations

import math

import pytest
import torch

from rex_thinker_ros.training.grpo_loss import advantages, grpo_loss, low_variance_kl


@pytest.mark.parametrize(
    ("rewards", "expected"),
    [
        pytest.param([1.0, 0.0, 1.0, 0.0], [1.0, -1.0, 1.0, -1.0], id="two and two"),
        pytest.param(
            [1.0, 0.0, 0.0, 0.0], [math.sqrt(3)] + [-1 / math.sqrt(3)] * 3, id="one of four"
        ),
        pytest.param([0.7, 0.7, 0.7, 0.7], [0.0] * 4, id="all alike"),
    ],
)
def test_advantages(rewards: list[float], expected: list[float]) -> None:
    assert advantages(torch.tensor([rewards]))[0].tolist() == pytest.approx(expected, abs=1e-5)


def test_each_group_has_its_own_mean_and_deviation() -> None:
    found = advantages(torch.tensor([[0.0, 0.1], [0.5, 1.0], [0.3, 0.3]]))
    assert found.flatten().tolist() == pytest.approx([-1, 1, -1, 1, 0, 0], abs=1e-5)


@pytest.mark.parametrize(
    ("policy", "reference", "expected"),
    [
        pytest.param(0.5, 0.5, 0.0, id="alike"),
        pytest.param(0.5, 0.25, 0.5 - 1 + math.log(2), id="reference half as likely"),
        pytest.param(0.25, 0.5, 2 - 1 - math.log(2), id="reference twice as likely"),
    ],
)
def test_kl_of_a_token(policy: float, reference: float, expected: float) -> None:
    found = low_variance_kl(torch.tensor(policy).log(), torch.tensor(reference).log())
    assert float(found) == pytest.approx(expected, abs=1e-6)


def test_kl_is_right_on_average() -> None:
    policy, reference = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.5, 0.3, 0.2])
    exact = (policy * (policy / reference).log()).sum()
    expected = (policy * low_variance_kl(policy.log(), reference.log())).sum()
    assert float(expected) == pytest.approx(float(exact), abs=1e-6)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope", "clipped"),
    [
        pytest.param(1.0, 2.0, -2.0, -2.0, 0.0, id="as it was drawn"),
        pytest.param(1.1, 1.0, -1.1, -1.1, 0.0, id="within the bounds"),
        pytest.param(1.5, 1.0, -1.2, 0.0, 1.0, id="good, likely enough: no push"),
        pytest.param(0.5, 1.0, -0.5, -0.5, 0.0, id="good, unlikely: pushed"),
        pytest.param(0.5, -1.0, 0.8, 0.0, 1.0, id="bad, unlikely enough: no push"),
        pytest.param(1.5, -1.0, 1.5, 1.5, 0.0, id="bad, likely: pushed"),
    ],
)
def test_clipped_ratio(
    ratio: float, advantage: float, loss: float, slope: float, clipped: float
) -> None:
    drawn = torch.tensor([[-1.0]])
    log_probs = (drawn + math.log(ratio)).requires_grad_()
    found = grpo_loss(
        log_probs, drawn=drawn, reference=drawn, advantage=torch.tensor([advantage]),
        mask=torch.tensor([[True]]), clip=0.2, kl_weight=0.0,
    )  # fmt: skip
    found.loss.backward()
    assert float(found.loss.detach()) == pytest.approx(loss, abs=1e-5)
    assert log_probs.grad is not None
    assert float(log_probs.grad) == pytest.approx(slope, abs=1e-5)
    assert float(found.clipped) == clipped


def test_loss_is_a_mean_over_drawn_tokens_with_kl() -> None:
    drawn = torch.tensor([[-1.0, -1.0, -9.0], [-2.0, -9.0, -9.0]])
    mask = torch.tensor([[True, True, False], [True, False, False]])
    found = grpo_loss(
        drawn, drawn=drawn, reference=drawn + math.log(2), advantage=torch.tensor([1.0, -2.0]),
        mask=mask, clip=0.2, kl_weight=0.5,
    )  # fmt: skip
    kl = 1 - math.log(2)
    assert float(found.kl) == pytest.approx(kl, abs=1e-6)
    assert float(found.loss) == pytest.approx((-1 - 1 + 2) / 3 + 0.5 * kl, abs=1e-6)
