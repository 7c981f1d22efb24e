"""The eye's own training goes on from what was saved, and learns names first that it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from noise import noise_scene

from rex_thinker_ros.training import train_tower
from rex_thinker_ros.training.train_reasoner import Trainer

A_MOMENT, NO_TIME = 0.05, 1e-9  # minutes


@pytest.mark.parametrize(
    ("start", "minutes", "tower_learns"),
    [
        pytest.param("reasoner", NO_TIME, False, id="names alone, from a checkpoint"),
        pytest.param("state.pt", A_MOMENT, True, id="both, from a state"),
    ],
)
def test_the_eye_goes_on(
    start: str, minutes: float, tower_learns: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Trainer([noise_scene(1)], tmp_path, None, None).save()
    monkeypatch.setattr(train_tower, "NAMING", A_MOMENT)
    monkeypatch.setattr(train_tower, "SCENES", 1)
    train_tower.train(
        [noise_scene(1)], tmp_path, minutes=minutes, rate=1e-3, resume=tmp_path / start
    )
    learned = torch.load(tmp_path / "tower.pt", weights_only=True)
    before = Trainer([noise_scene(1)], tmp_path, tmp_path / start, None)
    assert not torch.equal(learned["color"]["weight"], before.guides.color.weight)
    tower = before.model.model.visual.state_dict()
    same = all(torch.equal(tensor, tower[name]) for name, tensor in learned["tower"].items())
    assert same != tower_learns
