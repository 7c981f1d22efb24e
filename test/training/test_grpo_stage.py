"""GRPO makes completions likelier that are worth more than the mean of their group."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_policies import ITEM, Noise, lesson, policy, random_checkpoint

from rex_thinker_ros.training.fine_tuning.grpo_stage import Group, GrpoStage
from rex_thinker_ros.training.fine_tuning.learner import Learner
from rex_thinker_ros.training.fine_tuning.policy import Drawn, Policy
from rex_thinker_ros.training.fine_tuning.referring_set import ReferringSet
from rex_thinker_ros.training.fine_tuning.settings import GrpoSettings
from rex_thinker_ros.training.grpo_loss import advantages
from rex_thinker_ros.training.reward import Weights, reward

RIGHT = lesson().completion
WRONG = "<think>- Step 1: Look.\n</think><answer>json\n[]\n</answer>"
CUT = "<think>- Step 1: "


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_checkpoint(tmp_path_factory.mktemp("checkpoint"))


def stage(**changed: float) -> GrpoStage:
    values = {"steps": 4, "prompts": 2, "samples": 3, "max_new_tokens": 4, "warmup": 1, **changed}
    items = ReferringSet((ITEM, ITEM), Noise())
    return GrpoStage(GrpoSettings(**values), items, lesson, seed=0, rows=2)  # type: ignore[arg-type]


def learner(learning: Policy, rate: float) -> Learner:
    return Learner(learning, rate=rate, warmup=1, steps=4, weight_decay=0.0)


def group(learning: Policy) -> Group:
    """Return completions of one prompt: right, wrong and cut off, judged by the reward."""
    drawn = [Drawn(learning.ids_of(text), text, True) for text in (RIGHT, WRONG)]
    drawn.append(Drawn(learning.ids_of(CUT)[:-1], CUT, False))
    rewards = [reward(d.text, lesson().truth, complete=d.complete) for d in drawn]
    pull = advantages(torch.tensor([[r.total(Weights()) for r in rewards]]))[0]
    return Group(learning.turn(lesson()), tuple(drawn), tuple(rewards), pull)


@pytest.mark.parametrize(
    ("lora", "rate"), [(False, 1e-4), (True, 1e-3)], ids=["all weights", "adapters"]
)
def test_what_is_worth_more_becomes_likelier(checkpoint: Path, lora: bool, rate: float) -> None:
    learning = policy(checkpoint, lora=lora)
    told, steps, optimizer = group(learning), stage(), learner(learning, rate)
    right, wrong, cut = told.pull.tolist()
    assert right > wrong > cut
    ids = [drawn.ids for drawn in told.drawn]
    before = learning.log_probs(told.turn, ids).detach().sum(1)
    for step in range(3):
        losses = steps._update(learning, optimizer, steps._parts(learning, told), step)
        assert all(torch.isfinite(loss.loss) for loss in losses)
    gained = learning.log_probs(told.turn, ids).detach().sum(1) - before
    assert gained[0] > 0 > gained[2]
    (first, *_) = steps._parts(learning, told)
    assert not torch.equal(first.before, first.reference)  # it is some way from where it began


def test_the_first_update_is_on_what_the_policy_drew(checkpoint: Path) -> None:
    learning = policy(checkpoint)
    told, steps = group(learning), stage()
    losses = steps._update(learning, learner(learning, 1e-5), steps._parts(learning, told), 0)
    assert [float(loss.clipped) for loss in losses] == [0.0, 0.0]
    assert all(abs(float(loss.kl)) < 1e-6 for loss in losses)


def test_groups_that_are_worth_the_same_teach_nothing(checkpoint: Path) -> None:
    learning = policy(checkpoint)
    before = {name: weights.clone() for name, weights in learning.learning().items()}
    figures = stage().step(learning, learner(learning, 1e-2), 0)
    assert (figures["told"], figures["length"], figures["accuracy"]) == (0.0, 4.0, 0.0)
    assert "kl" not in figures
    assert all(torch.equal(before[name], w) for name, w in learning.learning().items())


def test_no_reference_is_loaded_where_distance_does_not_count() -> None:
    assert stage().reference
    assert not stage(kl_weight=0.0).reference
