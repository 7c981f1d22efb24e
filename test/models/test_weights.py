from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rex_thinker_ros.models.weights import (
    MissingWeightsError,
    WeightsError,
    default_store,
    find_weights,
)

HUB_ID = "IDEA-Research/Rex-Thinker-GRPO-7B"
QWEN = "qwen2_5_vl"


@pytest.fixture
def checkpoint(random_reasoner: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(random_reasoner, tmp_path / "org" / "reasoner"))


def remove(*names: str) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        for name in names:
            (directory / name).unlink()

    return change


def rename(old: str, new: str) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        (directory / old).rename(directory / new)

    return change


def write(name: str, content: str) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        (directory / name).write_text(content)

    return change


def cut(directory: Path) -> None:
    file = directory / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])


def shard(*, present: tuple[str, ...]) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        whole = (directory / "model.safetensors").read_bytes()
        (directory / "model.safetensors").unlink()
        for name in present:
            (directory / name).write_bytes(whole)
        weight_map = {"first": "model-1.safetensors", "second": "model-2.safetensors"}
        (directory / "model.safetensors.index.json").write_text(
            json.dumps({"weight_map": weight_map})
        )

    return change


USABLE = {
    "as saved": lambda directory: None,
    "all shards present": shard(present=("model-1.safetensors", "model-2.safetensors")),
    "tokenizer as vocabulary and merges": lambda directory: (
        remove("tokenizer.json")(directory),
        write("vocab.json", "{}")(directory),
        write("merges.txt", "")(directory),
    ),
    "no generation config": remove("generation_config.json"),
}

UNUSABLE = {
    "no config": (remove("config.json"), MissingWeightsError, "config.json"),
    "no weights": (remove("model.safetensors"), MissingWeightsError, "model.safetensors"),
    "weights as pickle only": (
        rename("model.safetensors", "pytorch_model.bin"),
        MissingWeightsError,
        "lacks model.safetensors",
    ),
    "no tokenizer": (remove("tokenizer.json"), MissingWeightsError, "tokenizer.json"),
    "no image settings": (
        remove("preprocessor_config.json"),
        MissingWeightsError,
        "preprocessor_config.json",
    ),
    "one shard missing": (
        shard(present=("model-1.safetensors",)),
        MissingWeightsError,
        "lacks model-2.safetensors",
    ),
    "two files missing": (
        remove("config.json", "tokenizer.json"),
        MissingWeightsError,
        "config.json, tokenizer.json",
    ),
    "weights are a Git LFS pointer": (
        write("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        WeightsError,
        "damaged",
    ),
    "weights empty": (write("model.safetensors", ""), WeightsError, "damaged"),
    "weights cut short": (cut, WeightsError, "damaged"),
    "config of another model": (
        write("config.json", '{"model_type": "grounding-dino"}'),
        WeightsError,
        "exchanged",
    ),
    "config no JSON": (write("config.json", "{"), WeightsError, "config.json"),
    "config no object": (write("config.json", "[]"), WeightsError, "config.json"),
    "index lists nothing": (
        lambda directory: (
            remove("model.safetensors")(directory),
            write("model.safetensors.index.json", "{}")(directory),
        ),
        WeightsError,
        "index.json lists no weights",
    ),
}


@pytest.mark.parametrize("change", USABLE.values(), ids=USABLE.keys())
def test_a_whole_checkpoint_is_found(change: Callable[[Path], object], checkpoint: Path) -> None:
    change(checkpoint)
    assert find_weights(str(checkpoint), model_type=QWEN) == checkpoint


@pytest.mark.parametrize(("change", "error", "named"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_checkpoint_is_refused_with_the_file_and_the_way_out(
    change: Callable[[Path], object], error: type[WeightsError], named: str, checkpoint: Path
) -> None:
    change(checkpoint)
    with pytest.raises(error) as caught:
        find_weights(str(checkpoint), model_type=QWEN)
    assert type(caught.value) is error
    assert named in str(caught.value)
    assert str(checkpoint) in str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_file_that_may_not_be_read_is_named_with_the_way_out(
    name: str, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # not by chmod, since the tests may run as root
    allowed = Path.open

    def deny(self: Path, *args: Any, **kwargs: Any) -> Any:
        if self.name == name:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return allowed(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(WeightsError, match="may read") as caught:
        find_weights(str(checkpoint), model_type=QWEN)
    assert f"{checkpoint / name}: Permission denied" in str(caught.value)


def test_a_directory_that_may_not_be_entered_is_named_with_the_way_out(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(self: Path, *args: Any, **kwargs: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_dir", deny)
    with pytest.raises(WeightsError, match="may read") as caught:
        find_weights(str(checkpoint), model_type=QWEN)
    assert f"{checkpoint}: Permission denied" in str(caught.value)


def test_a_reference_that_can_be_no_directory_is_refused() -> None:
    with pytest.raises(WeightsError, match=r"x{300}"):
        find_weights("/" + "x" * 300, model_type=QWEN)


def test_a_hub_id_is_found_in_the_store(checkpoint: Path) -> None:
    store = checkpoint.parent.parent
    assert find_weights("org/reasoner", model_type=QWEN, store=store) == checkpoint


def test_a_missing_hub_id_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError) as caught:
        find_weights(HUB_ID, model_type=QWEN, store=tmp_path)
    message = str(caught.value)
    assert f"python -m rex_thinker_ros.apps.fetch_models {HUB_ID} --store {tmp_path}`" in message
    assert f"{tmp_path / HUB_ID} does not exist" in message


def test_a_half_downloaded_store_names_the_rest(checkpoint: Path) -> None:
    (checkpoint / "model.safetensors").unlink()
    store = checkpoint.parent.parent
    with pytest.raises(MissingWeightsError, match=r"reasoner lacks model\.safetensors\. Fetch it"):
        find_weights("org/reasoner", model_type=QWEN, store=store)


def test_the_store_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REX_THINKER_STORE", str(tmp_path))
    assert default_store() == tmp_path
    monkeypatch.delenv("REX_THINKER_STORE")
    assert default_store().parts[-4:] == (".local", "share", "rex_thinker_ros", "models")


def test_the_hub_cache_is_used_and_torch_is_not_needed(
    random_reasoner: Path, tmp_path: Path
) -> None:
    repository = tmp_path / "cache" / "models--org--reasoner"
    snapshot = repository / "snapshots" / "abc"
    shutil.copytree(random_reasoner, snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    code = (
        "import sys; from rex_thinker_ros.models.weights import find_weights;"
        f"print(find_weights('org/reasoner', model_type='{QWEN}'), 'torch' in sys.modules)"
    )
    environment = {
        **os.environ,
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "REX_THINKER_STORE": str(tmp_path / "empty"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [str(snapshot), "False"], done.stderr
