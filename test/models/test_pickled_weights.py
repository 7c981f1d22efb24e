from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from rex_thinker_ros.models.grounding.pickled_weights import read_pickled_weights
from rex_thinker_ros.models.weights import WeightsError

WEIGHTS = OrderedDict({"feat_map.bias": torch.arange(3.0)})


class Malicious:
    """Makes a file where it is unpickled."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[object, tuple[Path, ...]]:
        return Path.touch, (self.made,)


USABLE = {
    "as the release": ({"model": WEIGHTS}, {}),
    "the weights alone": (WEIGHTS, {}),
    "of several processes": ({"model": {"module.feat_map.bias": torch.arange(3.0)}}, {}),
    "beside what training left": ({"model": WEIGHTS, "epoch": 12, "lr": [1e-4]}, {}),
    "in the older format": ({"model": WEIGHTS}, {"_use_new_zipfile_serialization": False}),
}


@pytest.mark.parametrize(("content", "options"), USABLE.values(), ids=USABLE.keys())
def test_weights_are_read_by_their_names(
    content: object, options: dict[str, bool], tmp_path: Path
) -> None:
    file = tmp_path / "weights.pth"
    torch.save(content, file, **options)
    read = read_pickled_weights(file)
    assert {name: tensor.tolist() for name, tensor in read.items()} == {"feat_map.bias": [0, 1, 2]}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "older format"])
def test_code_in_a_pickle_is_refused_and_does_not_run(zipped: bool, tmp_path: Path) -> None:
    file, made = tmp_path / "weights.pth", tmp_path / "made"
    torch.save(
        {"model": WEIGHTS, "extra": Malicious(made)}, file, _use_new_zipfile_serialization=zipped
    )
    with pytest.raises(WeightsError, match="a pickle can run any code") as caught:
        read_pickled_weights(file)
    assert str(file) in str(caught.value)
    assert not made.exists()
    torch.load(file, weights_only=False)
    assert made.exists(), "the pickle is no danger: the test shows nothing"


def save(content: object) -> Callable[[Path], object]:
    return lambda file: torch.save(content, file)


def cut(file: Path) -> None:
    torch.save({"model": WEIGHTS}, file)
    file.write_bytes(file.read_bytes()[:-200])


UNUSABLE = {
    "settings beside the weights": (
        save({"model": WEIGHTS, "args": SimpleNamespace(lr=1e-4)}),
        "holds more than tensors",
    ),
    "a whole module": (save(torch.nn.Linear(2, 2)), "holds more than tensors"),
    "a plain pickle": (lambda file: file.write_bytes(pickle.dumps(SimpleNamespace())), "damaged"),
    "cut short": (cut, "damaged"),
    "empty": (lambda file: file.touch(), "damaged"),
    "a Git LFS pointer": (
        lambda file: file.write_text("version https://git-lfs.github.com/spec/v1\n"),
        "damaged",
    ),
    "a web page": (lambda file: file.write_text("<!doctype html>"), "damaged"),
    "a directory": (lambda file: file.mkdir(), "may not be read"),
    "one tensor": (save(torch.zeros(2)), "holds no weights"),
    "no tensors": (save({"model": {"epoch": 12}}), "holds no weights"),
    "nothing": (save({"model": None}), "holds no weights"),
}


@pytest.mark.parametrize(("write", "told"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_holds_no_weights_is_refused_with_the_file(
    write: Callable[[Path], object], told: str, tmp_path: Path
) -> None:
    file = tmp_path / "weights.pth"
    write(file)
    with pytest.raises(WeightsError, match=told) as caught:
        read_pickled_weights(file)
    assert str(file) in str(caught.value)
