from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hub_server import Files, Hub, commit_of, files_of, serving

from rex_thinker_ros.apps.fetch_models import main
from rex_thinker_ros.models.load import load_models, warm_up
from rex_thinker_ros.models.profiles import PROFILES, load_profile
from rex_thinker_ros.models.store.manifest import MANIFEST
from rex_thinker_ros.models.weights import STAGE, MissingWeightsError, find_weights
from rex_thinker_ros.shared_path import shared_path

PROFILE = PROFILES["rex_thinker_7b"]
DETECTOR, REASONER = PROFILE.detector, PROFILE.reasoner
WEIGHTS = "model.safetensors"
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
PICKLE = "pytorch_model.bin"
PATIENCE = 120  # seconds; only a hang takes that long
MEBIBYTE = 1 << 20
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Return a hub that has the embedded pair under the names of the 7B's models, and pickles."""
    with serving() as hub:
        for hub_id, name in ((DETECTOR, "detector"), (REASONER, "reasoner")):
            hub.repositories[hub_id] = files_of(shared_path("weights/demo") / name)
            hub.repositories[hub_id] |= {PICKLE: b"no", "training_args.bin": b"no", "a.py": b"no"}
        use(hub.address, monkeypatch)
        yield hub


def use(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what HF_ENDPOINT does, which is only read once."""
    constants = "huggingface_hub.constants"
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(f"{constants}.ENDPOINT", address)
    monkeypatch.setattr(f"{constants}.HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def fetch(store: Path, *arguments: str) -> int:
    return main([*arguments, "--store", str(store)])


def names(hub: Hub) -> list[str]:
    return [name for name, _ in hub.fetched]


def sharded(files: Files) -> Files:
    """Return a checkpoint with its weights in two small files, and an index of them."""
    text = json.dumps({"t": {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]}}).encode()
    others = {name: content for name, content in files.items() if name != WEIGHTS}
    index = {"weight_map": dict(zip("ab", SHARDS, strict=True))}
    return {
        **others,
        "model.safetensors.index.json": json.dumps(index).encode(),
        # equal on purpose: two files may have one content
        **{shard: len(text).to_bytes(8, "little") + text + bytes(9) for shard in SHARDS},
    }


def test_the_fetched_pair_works_and_no_pickle_was_asked_for(hub: Hub, store: Path) -> None:
    assert fetch(store) == 0
    assert not [name for name in names(hub) if name.endswith((".bin", ".py", ".md"))]
    warm_up(*load_models(load_profile("rex_thinker_7b"), device="cpu", store=store))
    assert fetch(store, "--check") == 0


def test_the_manifest_says_where_each_byte_is_from(hub: Hub, store: Path) -> None:
    assert fetch(store, REASONER) == 0
    manifest = json.loads((store / REASONER / MANIFEST).read_text())
    assert manifest["source"] == f"{hub.address}/{REASONER}"
    assert manifest["commit"] == commit_of(hub.repositories[REASONER])
    assert {file["file"]: file["size"] for file in manifest["files"]} == {
        name: len(content)
        for name, content in hub.repositories[REASONER].items()
        if not name.endswith((".bin", ".py"))
    }
    assert all(re.fullmatch("[0-9a-f]{64}", file["sha256"]) for file in manifest["files"])
    assert not (store / REASONER / STAGE).exists()
    assert not (store / DETECTOR).exists()


def test_what_is_there_is_not_fetched_again(hub: Hub, store: Path) -> None:
    assert fetch(store, DETECTOR) == 0
    hub.fetched.clear()
    assert fetch(store, DETECTOR) == 0
    assert hub.fetched == []


def test_a_broken_connection_is_taken_up_again(hub: Hub, store: Path) -> None:
    hub.breaks = {WEIGHTS: 12 * MEBIBYTE}
    assert fetch(store, REASONER) == 0
    starts = [start for name, start in hub.fetched if name == WEIGHTS]
    assert starts[0] == 0
    assert 0 < starts[1] <= 12 * MEBIBYTE
    assert fetch(store, REASONER, "--check") == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)], ids=["killed", "Ctrl-C"]
)
def test_an_interrupted_download_is_refused_and_goes_on_where_it_was(
    number: signal.Signals, code: int, hub: Hub, store: Path
) -> None:
    hub.breaks, hub.stalls = {WEIGHTS: 12 * MEBIBYTE}, True
    command = [sys.executable, "-m", "rex_thinker_ros.apps.fetch_models"]
    process = subprocess.Popen(
        [*command, REASONER, "--store", str(store)],
        env={**os.environ, "HF_ENDPOINT": hub.address},
    )
    assert hub.stalled.wait(PATIENCE)
    staged = store / REASONER / STAGE
    wait_for(lambda: any(path.stat().st_size >= 10_000_000 for path in staged.glob(f"{WEIGHTS}*")))
    process.send_signal(number)
    assert process.wait(PATIENCE) == code
    (arrived,) = (path.stat().st_size for path in staged.glob(f"{WEIGHTS}*"))
    with pytest.raises(MissingWeightsError, match=r"interrupted\. Fetch it") as caught:
        find_weights(REASONER, model_type="qwen2_5_vl", store=store)
    assert f"fetch_models {REASONER} --store {store}" in str(caught.value)
    before = names(hub)
    hub.fetched.clear()
    assert fetch(store, REASONER) == 0
    assert hub.fetched[0] == (WEIGHTS, arrived)
    assert set(before) & set(names(hub)) == {WEIGHTS}
    assert find_weights(REASONER, model_type="qwen2_5_vl", store=store) == store / REASONER


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


DAMAGES = {
    "changed byte in the weights": (change, WEIGHTS, "was changed"),
    "changed byte in the settings": (change, "config.json", "was changed"),
    "weights cut off": (cut, WEIGHTS, "is cut off"),
    "weights too long": (lengthen, WEIGHTS, "is too long"),
    "weights missing": (Path.unlink, WEIGHTS, "is missing"),
    "settings missing": (Path.unlink, "tokenizer_config.json", "is missing"),
}


@pytest.mark.parametrize(("damage", "name", "told"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_named_and_it_alone_is_fetched_again(
    damage: Callable[[Path], None],
    name: str,
    told: str,
    hub: Hub,
    store: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert fetch(store, DETECTOR) == 0
    damage(store / DETECTOR / name)
    hub.fetched.clear()
    assert fetch(store, DETECTOR, "--check") == 1
    error = capsys.readouterr().err
    assert f"{store / DETECTOR}: " in error
    assert f"{name} {told}" in error
    command = re.search("`python -m rex_thinker_ros.apps.fetch_models (.*)`", error)
    assert command
    assert hub.fetched == []
    assert main(command[1].split()) == 0
    assert names(hub) == [name]
    assert fetch(store, DETECTOR, "--check") == 0


def test_a_check_by_size_sees_lengths_only(hub: Hub, store: Path) -> None:
    assert fetch(store, DETECTOR) == 0
    change(store / DETECTOR / WEIGHTS)
    assert fetch(store, DETECTOR, "--check", "--by-size") == 0
    cut(store / DETECTOR / WEIGHTS)
    assert fetch(store, DETECTOR, "--check", "--by-size") == 1


def test_a_damaged_manifest_is_named_and_written_anew(
    hub: Hub, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(store, DETECTOR) == 0
    (store / DETECTOR / MANIFEST).write_text('{"files": []}')
    assert fetch(store, DETECTOR, "--check") == 1
    assert f"{MANIFEST} is damaged" in capsys.readouterr().err
    assert fetch(store, DETECTOR) == 0
    assert fetch(store, DETECTOR, "--check") == 0


def test_a_copied_store_is_checked_without_a_network(
    hub: Hub, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch(store) == 0
    use(NOBODY, monkeypatch)
    copied = Path(shutil.copytree(store, tmp_path / "copied"))
    assert fetch(copied, "--check") == 0
    assert find_weights(DETECTOR, model_type="grounding-dino", store=copied) == copied / DETECTOR


@pytest.mark.parametrize("name", SHARDS)
@pytest.mark.parametrize(
    ("damage", "told"),
    [(Path.unlink, "is missing"), (cut, "is not as long as its header says")],
    ids=["missing", "cut off"],
)
def test_without_a_manifest_names_and_headers_tell(
    damage: Callable[[Path], None],
    told: str,
    name: str,
    hub: Hub,
    store: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hub.repositories[REASONER] = sharded(hub.repositories[REASONER])
    assert fetch(store, REASONER) == 0
    (store / REASONER / MANIFEST).unlink()
    assert fetch(store, REASONER, "--check") == 0
    assert f"has no {MANIFEST}" in capsys.readouterr().err
    damage(store / REASONER / name)
    assert fetch(store, REASONER, "--check") == 1
    assert f"{name} {told}" in capsys.readouterr().err


def test_a_missing_store_names_the_commands(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(store, "--check") == 1
    error = capsys.readouterr().err
    for hub_id in (DETECTOR, REASONER):
        assert f"{store / hub_id}: it does not exist" in error
        assert f"fetch_models {hub_id} --store {store}`" in error


def test_another_revision_takes_the_place_of_the_whole(hub: Hub, store: Path) -> None:
    hub.repositories[REASONER] |= {"old.json": b"{}"}
    assert fetch(store, REASONER) == 0
    hub.repositories[REASONER] = sharded(hub.repositories[REASONER])
    del hub.repositories[REASONER]["old.json"]
    hub.fetched.clear()
    assert fetch(store, REASONER) == 0
    assert sorted(names(hub)) == sorted(["model.safetensors.index.json", *SHARDS])
    # the weights of before would be taken for these
    assert not {WEIGHTS, "old.json"} & {path.name for path in (store / REASONER).iterdir()}
    assert fetch(store, REASONER, "--check") == 0


def test_a_half_installed_revision_is_refused_until_it_is_whole(hub: Hub, store: Path) -> None:
    assert fetch(store, REASONER) == 0
    (store / REASONER / STAGE).mkdir()
    shutil.copy(store / REASONER / MANIFEST, store / REASONER / STAGE)
    with pytest.raises(MissingWeightsError, match="interrupted"):
        find_weights(REASONER, model_type="qwen2_5_vl", store=store)
    assert fetch(store, REASONER, "--check") == 1
    assert fetch(store, REASONER) == 0
    find_weights(REASONER, model_type="qwen2_5_vl", store=store)


def test_a_failed_update_leaves_the_old_revision_usable(hub: Hub, store: Path) -> None:
    assert fetch(store, REASONER) == 0
    hub.repositories[REASONER] |= {"config.json": b"{}", "generation_config.json": b"[]"}
    hub.forged = {"generation_config.json": b"()"}
    assert fetch(store, REASONER) == 1
    assert find_weights(REASONER, model_type="qwen2_5_vl", store=store) == store / REASONER
    assert fetch(store, REASONER, "--check") == 0


@pytest.mark.parametrize("name", [WEIGHTS, "config.json"])
def test_other_content_than_the_hub_says_is_thrown_away(
    name: str, hub: Hub, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = hub.repositories[DETECTOR][name]
    hub.forged = {name: right[:-1] + bytes([right[-1] ^ 1])}
    assert fetch(store, DETECTOR) == 1
    assert f"{name} of {DETECTOR} arrived with other content" in capsys.readouterr().err
    with pytest.raises(MissingWeightsError):
        find_weights(DETECTOR, model_type="grounding-dino", store=store)
    hub.forged = {}
    assert fetch(store, DETECTOR) == 0


def test_a_full_disk_is_told_before_anything_is_downloaded(
    hub: Hub, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10_000_000))
    assert fetch(store, REASONER) == 1
    error = capsys.readouterr().err
    assert f"{REASONER} needs 0.01 GB more" in error
    assert "--store or REX_THINKER_STORE" in error
    assert hub.fetched == []
    assert not store.exists()


def test_no_network_is_told_with_a_way_out(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(NOBODY, monkeypatch)
    assert fetch(store, DETECTOR) == 1
    error = capsys.readouterr().err
    assert f"The hub at {NOBODY} cannot be reached for {DETECTOR}" in error
    assert "copy the store" in error


def test_a_checkpoint_without_safetensors_is_refused(
    hub: Hub, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del hub.repositories[DETECTOR][WEIGHTS]
    assert fetch(store, DETECTOR) == 1
    assert "no weights as safetensors" in capsys.readouterr().err
    assert hub.fetched == []


@pytest.mark.parametrize("digest", ["", "../../elsewhere"])
def test_a_mirror_without_hashes_is_refused(
    digest: str, hub: Hub, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.digest = lambda content: digest
    assert fetch(store, DETECTOR) == 1
    assert f"no size and hash of {WEIGHTS}" in capsys.readouterr().err
    assert hub.fetched == []


def test_a_checkpoint_that_lacks_a_shard_on_the_hub_is_not_called_whole(
    hub: Hub, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repositories[REASONER] = sharded(hub.repositories[REASONER])
    del hub.repositories[REASONER][SHARDS[1]]
    assert fetch(store, REASONER) == 1
    assert f"the hub has no {SHARDS[1]}" in capsys.readouterr().err
    assert fetch(store, REASONER, "--check") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["org/unknown"], "The hub has no org/unknown"),
        ([DETECTOR, "--revision", "v9"], f"no revision v9 of {DETECTOR}"),
    ],
)
def test_what_the_hub_does_not_have_is_named(
    arguments: list[str], told: str, hub: Hub, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(store, *arguments) == 1
    assert told in capsys.readouterr().err


def test_a_commit_can_be_asked_for(hub: Hub, store: Path) -> None:
    assert fetch(store, DETECTOR, "--revision", commit_of(hub.repositories[DETECTOR])) == 0


def test_two_do_not_fetch_the_same_checkpoint_at_once(
    hub: Hub, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = store / DETECTOR / STAGE
    stage.mkdir(parents=True)
    lock = os.open(stage, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        assert fetch(store, DETECTOR) == 1
    finally:
        os.close(lock)
    assert "Another process is fetching" in capsys.readouterr().err
    assert fetch(store, DETECTOR) == 0


@pytest.mark.parametrize("arguments", [["no-slash"], ["../org/name"], ["--by-size"]])
def test_what_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
