"""Sampling and reinforcement on a few scenes of noise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from noise import noise_scene
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.training.asking import KINDS
from rex_thinker_ros.training.drawn_log_probs import log_probs
from rex_thinker_ros.training.greedy_check import GreedyCheck
from rex_thinker_ros.training.grpo_plot import plot, read_curves
from rex_thinker_ros.training.grpo_settings import Settings
from rex_thinker_ros.training.grpo_trainer import CURVES, GrpoTrainer
from rex_thinker_ros.training.reasoner_model import build_reasoner
from rex_thinker_ros.training.rollouts import Roller, Rollout
from rex_thinker_ros.training.sampling import draw_tokens
from rex_thinker_ros.training.tokenizer import build_tokenizer

SHIPPED = Path(__file__).resolve().parents[2] / "rex_thinker_ros/weights/demo/reasoner"
QUESTIONS, EACH, LONGEST = 3, 4, 24


@pytest.fixture(scope="module")
def untrained() -> Qwen2_5_VLForConditionalGeneration:
    torch.manual_seed(0)
    return build_reasoner(build_tokenizer()).eval()


def roll(
    model: Qwen2_5_VLForConditionalGeneration, *, temperature: float, longest: int = LONGEST,
    each: int = EACH,
) -> Rollout:  # fmt: skip
    roller = Roller(build_tokenizer(), each=each, temperature=temperature, max_new_tokens=longest)
    asked = roller.ask(noise_scene(1), QUESTIONS, np.random.default_rng(0), KINDS)
    return roller.roll(model, asked, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_probabilities_of_drawn_tokens_are_those_of_the_training_pass(
    untrained: Qwen2_5_VLForConditionalGeneration, temperature: float
) -> None:
    rollout = roll(untrained, temperature=temperature)
    again = log_probs(untrained, rollout.turn, rollout.samples, temperature)
    drawn = rollout.samples.drawn()
    assert drawn.any(1).all()
    assert torch.allclose(again, rollout.samples.log_probs, atol=1e-4)
    assert (rollout.samples.log_probs[drawn] < 0).all()
    assert (rollout.samples.log_probs[~drawn] == 0).all()


def test_shipped_model_ends_rows_at_different_lengths_with_the_same_probabilities() -> None:
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(SHIPPED, dtype=torch.float32)
    rollout = roll(model.eval(), temperature=1.0, longest=200)
    samples = rollout.samples
    assert samples.complete.any()
    assert len(set((samples.ends - samples.starts).tolist())) > 1  # so that rows were taken out
    with torch.no_grad():
        again = log_probs(model, rollout.turn, samples, 1.0)
    assert torch.allclose(again, samples.log_probs, atol=1e-3)
    end = build_tokenizer().eos_token_id
    for row in range(len(samples.ids)):
        assert (samples.completion(row) != end).all()
        assert (samples.ids[row, samples.ends[row] - 1] == end) == samples.complete[row]


def test_temperature_0_takes_the_most_likely_token(
    untrained: Qwen2_5_VLForConditionalGeneration,
) -> None:
    greedy = roll(untrained, temperature=0, each=2).samples
    assert torch.equal(greedy.ids[0::2], greedy.ids[1::2])
    again = roll(untrained, temperature=1e-3, each=2).samples
    assert torch.equal(greedy.ids[:, : greedy.ids.shape[1]], again.ids)


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    shares = torch.tensor([0.1, 0.0, 0.6, 0.3])
    tokens, found = draw_tokens(
        shares.log().expand(20_000, -1), 1.0, torch.Generator().manual_seed(0)
    )
    counts = torch.bincount(tokens, minlength=4) / len(tokens)
    assert counts.tolist() == pytest.approx(shares.tolist(), abs=0.02)
    assert torch.allclose(found, shares[tokens].log(), atol=1e-5)


SMALL = Settings(images=2, questions=2, samples=4, max_new_tokens=160, rate=1e-4)


def test_training_writes_a_loadable_checkpoint_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "grpo"
    scenes = [noise_scene(seed) for seed in range(3)]
    hot = replace(SMALL, temperature=2.0)  # a single drawing then has groups that differ
    trainer = GrpoTrainer(scenes, folder, SHIPPED, hot, GreedyCheck(scenes[:1]))
    trainer.run(minutes=0.05)
    assert trainer.steps > 0
    lines = read_curves(folder / CURVES)
    parts = {"format", "accuracy", "consistency", "abstention", "length", "kl"}
    assert parts <= set().union(*lines)
    assert "exact" in lines[-1]
    plot(lines, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 10_000
    saved = Qwen2_5_VLForConditionalGeneration.from_pretrained(
        folder / "reasoner", dtype=torch.float32
    ).state_dict()
    shipped = trainer.reference.state_dict()
    changed = {n for n, t in saved.items() if not torch.allclose(t, shipped[n], atol=1e-6)}
    assert changed
    assert not any("visual" in name for name in changed), "the tower was to be left as it is"
    with (folder / CURVES).open("a") as file:
        file.write('{"step": 99}\n')  # of a step whose state was never saved
    again = GrpoTrainer(scenes, folder, SHIPPED, hot, GreedyCheck(scenes[:1]))
    assert (again.steps, again.seconds) == (trainer.steps, trainer.seconds)
    again.run(minutes=0.0)
    assert read_curves(folder / CURVES) == lines
    state = torch.load(folder / "state.pt", weights_only=True)
    assert again.rng.bit_generator.state == state["rng"]
    for name, tensor in again.model.state_dict().items():
        assert torch.equal(tensor, state["model"][name]), name


def test_the_tower_learns_where_that_is_asked_for(tmp_path: Path) -> None:
    settings = replace(SMALL, train_tower=True, updates=1, temperature=1.5)
    trainer = GrpoTrainer([noise_scene(0)], tmp_path, SHIPPED, settings)
    assert trainer.step()["told"] > 0
    tower = trainer.model.model.visual.state_dict()
    before = trainer.reference.model.visual.state_dict()
    assert any(not torch.equal(tensor, before[name]) for name, tensor in tower.items())
