from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rex_thinker_ros.models.find import find_models
from rex_thinker_ros.models.grounding.original_weights import (
    OriginalWeights,
    find_original,
    is_original,
)
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.memory.need import detector_need
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.weights import MissingWeightsError, WeightsError

TWIN = "IDEA-Research/grounding-dino-tiny"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a .pth file alone in its directory."""
    file = tmp_path / "swin.pth"
    file.write_bytes(b"no weights")
    return file


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the code of an empty package groundingdino."""
    code = tmp_path / "packages" / "groundingdino" / "__init__.py"
    code.parent.mkdir(parents=True)
    code.touch()
    monkeypatch.syspath_prepend(code.parents[1])
    return code


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the Hugging Face cache, with nothing in it."""
    cache = tmp_path / "cache"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    return cache


def test_a_file_of_that_name_is_original() -> None:
    assert is_original("~/weights/groundingdino_swint_ogc.pth")
    assert not is_original(TWIN)
    assert not is_original("/weights/grounding-dino-tiny")


@pytest.mark.usefixtures("package")
def test_the_tokenizer_is_taken_from_beside_the_file(processing: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(processing, tmp_path / "weights")
    file = directory / "swin.pth"
    file.touch()
    assert find_original(str(file), store=tmp_path) == OriginalWeights(file, directory)


@pytest.mark.usefixtures("package")
def test_the_tokenizer_is_taken_from_the_store(
    file: Path, processing: Path, tmp_path: Path
) -> None:
    shutil.copytree(processing, tmp_path / "store" / TWIN)
    found = find_original(str(file), store=tmp_path / "store")
    assert found == OriginalWeights(file, tmp_path / "store" / TWIN)


@pytest.mark.usefixtures("package")
def test_the_tokenizer_is_taken_from_where_the_package_put_it(
    file: Path, processing: Path, no_cache: Path, tmp_path: Path
) -> None:
    repository = no_cache / "models--bert-base-uncased"
    snapshot = shutil.copytree(processing, repository / "snapshots" / "abc")
    (snapshot / "config.json").write_text("{}")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    assert find_original(str(file), store=tmp_path) == OriginalWeights(file, snapshot)


@pytest.mark.usefixtures("package", "no_cache")
def test_a_missing_tokenizer_is_named_with_its_places_and_the_way_out(
    file: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    with pytest.raises(MissingWeightsError) as caught:
        find_original(str(file), store=store)
    message = str(caught.value)
    for named in (
        f"{file} is missing",
        f"neither {tmp_path} nor {store / TWIN} has tokenizer.json",
        f"fetch_models {TWIN} --store {store}`",
    ):
        assert named in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "swin.pth"
    with pytest.raises(MissingWeightsError, match="there is no file") as caught:
        find_original(str(file))
    assert str(file) in str(caught.value)


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(WeightsError, match="File name too long"):
        find_original("/" + "x" * 300 + ".pth")


def test_a_missing_package_is_named_with_the_way_out(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WeightsError) as caught:
        find_models(load_profile("demo", detector=str(file)))
    assert "`pip install .[groundingdino]`" in str(caught.value)
    assert "`pip install -r requirements/groundingdino.txt`" in str(caught.value)


def test_a_torchvision_of_another_torch_is_named(
    package: Path, processing: Path, tmp_path: Path
) -> None:
    directory = shutil.copytree(processing, tmp_path / "weights")
    (directory / "swin.pth").touch()
    package.write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    profile = load_profile("demo", detector=str(directory / "swin.pth"))
    with pytest.raises(WeightsError, match=r"nms does not exist.*torchvision that belongs"):
        load_models(profile, device="cpu")


def test_the_memory_is_that_of_the_file_and_of_a_picture(file: Path) -> None:
    need = detector_need(file)
    assert need.weights == file.stat().st_size
    assert 1e9 < need.work < 2e9
