"""What models will need, by their files; and the refusal of what does not fit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from full_size import reasoner_config, save_detector, save_reasoner, write_hollow

from rex_thinker_ros.models.find import find_models
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.memory.check import MemoryNeedError, check_fits
from rex_thinker_ros.models.memory.need import MemoryNeed, amount, detector_need, reasoner_need
from rex_thinker_ros.models.profiles import Profile, load_profile

GB = 1e9
DEMO = load_profile("demo")


@pytest.fixture(scope="module")
def hollow(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """Return the 7B profile with checkpoints that are as long as the released ones."""
    store = tmp_path_factory.mktemp("hollow")
    like = Path(DEMO.reasoner)
    reasoner = save_reasoner(store / "reasoner", like, reasoner_config(like), write_hollow)
    detector = save_detector(store / "detector", Path(DEMO.detector), write_hollow)
    return load_profile("rex_thinker_7b", detector=str(detector), reasoner=str(reasoner))


def need(profile: Profile, number_bytes: int, **replaced: object) -> MemoryNeed:
    other = load_profile(
        profile.name, detector=profile.detector, reasoner=profile.reasoner, **replaced
    )
    return reasoner_need(Path(profile.reasoner), other, number_bytes)


# 8.29 billion numbers, 6.53 of them in the language layers' projections
@pytest.mark.parametrize(
    ("quantization", "number_bytes", "gb"),
    [
        ("none", 4, 33.2),
        ("none", 2, 16.6),
        ("int8", 2, 10.1),
        ("fp8", 2, 10.1),
        ("int4", 2, 7.2),
    ],
)
def test_the_weights_of_the_7b(
    hollow: Profile, quantization: str, number_bytes: int, gb: float
) -> None:
    weights = need(hollow, number_bytes, quantization=quantization).weights
    assert weights / GB == pytest.approx(gb, abs=0.05)


def test_the_cache_of_the_7b_is_57_kb_a_token(hollow: Profile) -> None:
    shorter, longer = (need(hollow, 2, max_new_tokens=n).cache for n in (1000, 2000))
    assert (longer - shorter) / 1000 == 57344


def test_a_smaller_image_needs_less(hollow: Profile) -> None:
    whole, half = need(hollow, 2), need(hollow, 2, max_pixels=640 * 784)
    assert half.weights == whole.weights
    assert half.cache < whole.cache
    assert half.work < whole.work


def test_eager_attention_holds_all_scores_at_once(hollow: Profile) -> None:
    assert need(hollow, 2, attention="eager").work > need(hollow, 2).work + 2 * GB


def test_the_detector_needs_more_for_its_work_than_for_its_weights(hollow: Profile) -> None:
    found = detector_need(Path(hollow.detector))
    assert found.weights / GB == pytest.approx(0.69, abs=0.01)
    assert found.work / GB == pytest.approx(1.4, abs=0.1)


def test_a_checkpoint_of_older_layout_counts_the_same(hollow: Profile, tmp_path: Path) -> None:
    """Before transformers 4.52 the text's settings stood at the top, and names were shorter."""
    old = tmp_path / "old"
    shutil.copytree(hollow.reasoner, old, ignore=shutil.ignore_patterns("*.safetensors"))
    for shard in Path(hollow.reasoner).glob("*.safetensors"):
        with shard.open("rb") as content:
            length = int.from_bytes(content.read(8), "little")
            header = content.read(length).decode()
        header = header.replace("model.language_model.", "model.")
        text = header.replace("model.visual.", "visual.").encode().ljust(length)
        (old / shard.name).write_bytes(length.to_bytes(8, "little") + text)
    config = json.loads((old / "config.json").read_text())
    (old / "config.json").write_text(json.dumps(config | config.pop("text_config")))
    profile = load_profile(
        "rex_thinker_7b", detector=hollow.detector, reasoner=str(old), quantization="int8"
    )
    assert reasoner_need(old, profile, 2) == need(hollow, 2, quantization="int8")


def test_what_does_not_fit_is_refused_before_it_is_loaded(hollow: Profile) -> None:
    said: list[str] = []
    # a cache that no machine has the memory for
    profile = load_profile(
        "rex_thinker_7b", detector=hollow.detector, reasoner=hollow.reasoner,
        max_new_tokens=10_000_000_000,
    )  # fmt: skip
    assert find_models(profile).reasoner == Path(hollow.reasoner)
    with pytest.raises(MemoryNeedError, match=r"lower reasoner\.max_pixels"):
        load_models(profile, device="cpu", say=said.append)
    assert len(said) == 1
    assert "weights 33.2 GB" in said[0]


def small(gb: float) -> MemoryNeed:
    return MemoryNeed(weights=gb * GB, cache=0, work=0)


CASES = {
    "it fits": (20.0, None),
    "just so": (18.0, None),
    "one way": (9.0, "to int4 \\(8.0 GB\\);"),
    "two ways": (12.0, "to int8 \\(11.0 GB\\) or int4 \\(8.0 GB\\);"),
    "no way": (4.0, "What helps: free memory"),
}


@pytest.mark.parametrize(("free", "refusal"), CASES.values(), ids=CASES.keys())
def test_the_refusal_says_what_would_fit(free: float, refusal: str | None) -> None:
    needs = {"detector": small(1), "reasoner": small(17)}
    smaller = {"none": 18 * GB, "int8": 11 * GB, "int4": 8 * GB}
    said: list[str] = []
    if refusal is None:
        check_fits(needs, free * GB, "cuda:0", smaller, said.append)
    else:
        with pytest.raises(MemoryNeedError, match=refusal):
            check_fits(needs, free * GB, "cuda:0", smaller, said.append)
    parts = "detector 1.0 GB (weights 1.0 GB, cache 0 MB, work 0 MB), reasoner 17.0 GB"
    assert len(said) == 1
    assert f"needed on cuda:0: 18.0 GB of {free:.1f} GB free: {parts}" in said[0]


def test_amounts_are_readable() -> None:
    assert [amount(n) for n in (0, 52.4e6, 17.26e9)] == ["0 MB", "52 MB", "17.3 GB"]
