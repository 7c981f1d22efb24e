from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rex_thinker_ros.models.load import find_models, load_models, warm_up
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.weights import MissingWeightsError


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


def test_exchanged_paths_are_named(random_detector: Path, random_reasoner: Path) -> None:
    profile = load_profile("demo", detector=str(random_reasoner), reasoner=str(random_detector))
    with pytest.raises(RuntimeError, match="exchanged"):
        find_models(profile)


def test_the_7b_without_its_weights_names_the_first_missing_one(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match="hf download IDEA-Research/grounding-dino-tiny"):
        find_models(load_profile("rex_thinker_7b"), store=tmp_path)


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
