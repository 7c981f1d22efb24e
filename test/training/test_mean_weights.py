"""The mean of two checkpoints is one that can be loaded, half way between them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from rex_thinker_ros.training.mean_weights import WEIGHTS, write_mean
from rex_thinker_ros.user_error import UserError


def checkpoint(folder: Path, **weights: torch.Tensor) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.25, 1.5), (0.0, 1.0)])
def test_the_mean_lies_between_both(tmp_path: Path, share: float, expected: float) -> None:
    one = checkpoint(tmp_path / "a", w=torch.full((3,), 1.0, dtype=torch.float16))
    other = checkpoint(tmp_path / "b", w=torch.full((3,), 3.0))
    write_mean(one, other, tmp_path / "mean", share=share)
    mean = load_file(tmp_path / "mean" / WEIGHTS)["w"]
    assert mean.dtype is torch.float16
    assert mean.tolist() == [expected] * 3
    assert (tmp_path / "mean" / "config.json").read_text() == "{}"


def test_other_models_and_folders_are_refused(tmp_path: Path) -> None:
    one = checkpoint(tmp_path / "a", w=torch.zeros(3))
    other = checkpoint(tmp_path / "b", w=torch.zeros(4))
    with pytest.raises(UserError, match="not the same model"):
        write_mean(one, other, tmp_path / "mean")
    with pytest.raises(UserError, match="name the folder of a checkpoint"):
        write_mean(one, tmp_path / "none", tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
