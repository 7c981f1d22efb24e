"""A course of training: its rate, its steps, its log and its end."""

from __future__ import annotations

import itertools

import pytest
import torch

from rex_thinker_ros.training.course import AVERAGE_DECAY, Course, averaged


def one_weight(value: float) -> tuple[torch.Tensor, torch.optim.Optimizer]:
    weight = torch.tensor([value], requires_grad=True)
    return weight, torch.optim.SGD([{"params": [weight], "share": 0.5}], lr=1.0)


def test_the_rate_rises_to_each_groups_share() -> None:
    _, optimizer = one_weight(0.0)
    course = Course(optimizer, minutes=60, rate=0.2, warm_up=4)
    rates = [optimizer.param_groups[0]["lr"] for _ in course.each(range(6))]
    assert rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])


def test_it_goes_down_the_loss_and_passes_over_what_is_not_finite() -> None:
    weight, optimizer = one_weight(1.0)
    course = Course(optimizer, minutes=60, rate=0.2, warm_up=1)
    for factor in course.each([1.0, float("nan"), 1.0]):
        course.learn((weight**2 * factor).sum())
    assert 0 < float(weight.detach()) < 1


def test_the_average_follows_slowly_and_apart() -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(model.weight)
    average = averaged(model)
    average.update_parameters(model)  # it begins where the model does
    torch.nn.init.ones_(model.weight)
    for _ in range(3):
        average.update_parameters(model)
    assert float(average.module.weight) == pytest.approx(1 - AVERAGE_DECAY**3)
    assert float(model.weight) == 1


def test_it_ends_with_its_time() -> None:
    _, optimizer = one_weight(1.0)
    course = Course(optimizer, minutes=0.0005, rate=0.1)
    assert sum(1 for _ in course.each(itertools.repeat(None))) == course.count


def test_the_log_has_means_of_what_was_noted(capsys: pytest.CaptureFixture[str]) -> None:
    _, optimizer = one_weight(1.0)
    course = Course(optimizer, minutes=60, rate=0.1, name="joint")
    for number in course.each(range(100)):
        course.note({"next": torch.tensor(float(number % 2))})
        if number % 10 == 0:
            course.note({"next": torch.tensor(3.0)}, "text-")
    assert capsys.readouterr().out == "joint 100 0.0min next 0.500 text-next 3.000\n"
