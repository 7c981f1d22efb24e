from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from table import TABLE

from rex_thinker_ros.models.find import find_models
from rex_thinker_ros.models.load import load_models, warm_up
from rex_thinker_ros.models.profiles import PROFILES, load_profile
from rex_thinker_ros.models.weights import MissingWeightsError, WeightsError
from rex_thinker_ros.referring.candidate import Candidate


def test_a_pair_is_loaded_from_explicit_paths_and_warmed_up(
    random_detector: Path, scripted_reasoner: Callable[..., Path]
) -> None:
    profile = load_profile(
        "rex_thinker_7b", detector=str(random_detector), reasoner=str(scripted_reasoner())
    )
    detector, reasoner = load_models(profile, device="cpu")
    assert reasoner.bounds == profile.bounds
    assert detector.name == f"rex_thinker_7b/{random_detector.name}"
    warm_up(detector, reasoner)


def test_hub_ids_come_from_the_store_and_are_the_names(
    random_detector: Path, random_reasoner: Path, tmp_path: Path
) -> None:
    profile = load_profile("rex_thinker_7b")
    for reference, directory in (
        (profile.detector, random_detector),
        (profile.reasoner, random_reasoner),
    ):
        (tmp_path / reference).parent.mkdir(exist_ok=True)
        (tmp_path / reference).symlink_to(directory)
    detector, reasoner = load_models(profile, device="cpu", store=tmp_path)
    assert (detector.name, reasoner.name) == (profile.detector, profile.reasoner)


def test_a_second_detector_is_needed_where_there_is_a_second_look(
    random_detector: Path, random_reasoner: Path, tmp_path: Path
) -> None:
    profile = load_profile(
        "demo", detector=str(random_detector), reasoner=str(random_reasoner),
        second_detector=str(tmp_path / "absent"),
    )  # fmt: skip
    with pytest.raises(MissingWeightsError, match="absent"):
        find_models(profile)
    assert find_models(replace(profile, second_look="never")).second_detector is None


def test_the_second_look_is_the_second_detectors(
    random_detector: Path, random_reasoner: Path
) -> None:
    def detect(**replaced: str) -> list[Candidate]:
        profile = load_profile(
            "demo", detector=str(random_detector), reasoner=str(random_reasoner),
            second_look="always", **replaced,
        )  # fmt: skip
        said: list[str] = []
        detector, _ = load_models(profile, device="cpu", say=said.append)
        assert ("second detector" in said[0]) == bool(replaced)
        return detector.detect(TABLE, "mug")

    alone = detect()
    assert detect(second_detector=str(random_detector)) == alone
    assert detect(second_detector=PROFILES["demo"].detector) != alone


def test_exchanged_paths_are_named(random_detector: Path, random_reasoner: Path) -> None:
    profile = load_profile("demo", detector=str(random_reasoner), reasoner=str(random_detector))
    with pytest.raises(WeightsError, match="exchanged"):
        find_models(profile)


def test_the_7b_without_its_weights_says_how_to_get_both_models(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError) as caught:
        find_models(load_profile("rex_thinker_7b"), store=tmp_path)
    message = str(caught.value)
    for hub_id in ("IDEA-Research/grounding-dino-tiny", "IDEA-Research/Rex-Thinker-GRPO-7B"):
        assert f"fetch_models {hub_id} --store {tmp_path}`" in message
    assert "the model demo" in message


def test_a_demo_without_its_weights_is_not_advised_to_use_the_demo(tmp_path: Path) -> None:
    profile = load_profile("demo", detector=str(tmp_path), reasoner=str(tmp_path / "absent"))
    with pytest.raises(MissingWeightsError) as caught:
        find_models(profile)
    assert f"{tmp_path} lacks config.json" in str(caught.value)
    assert f"{tmp_path / 'absent'} does not exist" in str(caught.value)
    assert "the model demo" not in str(caught.value)


def test_missing_weights_are_reported_before_torch_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from rex_thinker_ros.models.load import load_models\n"
        "from rex_thinker_ros.models.profiles import load_profile\n"
        "from rex_thinker_ros.models.weights import MissingWeightsError\n"
        "try:\n"
        f"    load_models(load_profile('rex_thinker_7b'), store=Path({str(tmp_path)!r}))\n"
        "except MissingWeightsError:\n"
        "    print('missing', 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["missing", "False"], done.stderr


@pytest.mark.parametrize(
    ("chosen", "threads"), [(None, 1), ("2", 2)], ids=["the profile's", "the user's"]
)
def test_the_small_pair_computes_with_one_thread_unless_told(
    chosen: str | None, threads: int
) -> None:
    code = (
        "from rex_thinker_ros.models.load import load_models\n"
        "from rex_thinker_ros.models.profiles import load_profile\n"
        "load_models(load_profile('demo'), device='cpu')\n"
        "import torch\n"
        "print(torch.get_num_threads())\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    if chosen:
        environment["OMP_NUM_THREADS"] = chosen
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert int(done.stdout) == threads
