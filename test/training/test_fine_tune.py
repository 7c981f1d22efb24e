"""Fine-tuning from end to end: both stages, all weights and adapters, interrupted and resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tabletops import IMAGE, random_objects

from rex_thinker_ros.models.device import place
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.qwen import QwenReasoner
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.training.effects import to_jpeg
from rex_thinker_ros.training.export_reasoned import line
from rex_thinker_ros.training.fine_tune import fine_tune
from rex_thinker_ros.training.fine_tuning.lesson import make_lesson
from rex_thinker_ros.training.fine_tuning.progress import Progress
from rex_thinker_ros.training.fine_tuning.read_set import read_split
from rex_thinker_ros.training.fine_tuning.settings import Settings
from rex_thinker_ros.training.fine_tuning.strict_yaml import read_settings
from rex_thinker_ros.training.store import StoredScene
from rex_thinker_ros.user_error import UserError

DEMO = load_profile("demo")


@pytest.fixture(scope="module")
def referring_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with four expressions about noise, the third without reasoning.

    In noise, a model that knows tabletops is unsure: its completions differ in what they are worth.
    """
    folder = tmp_path_factory.mktemp("set")
    with (folder / "set.jsonl").open("w", encoding="utf-8") as lines:
        for seed in range(4):
            pixels = np.random.default_rng(seed).integers(
                0, 255, (IMAGE.height, IMAGE.width, 3), np.uint8
            )
            Image.fromarray(pixels).save(folder / f"{seed}.png")
            scene = StoredScene(to_jpeg(pixels, 90), IMAGE, tuple(random_objects(seed)))
            values = line(scene, f"{seed}.png", seed)
            values.update({"think": ""} if seed == 2 else {})
            lines.write(json.dumps(values) + "\n")
    return folder


def settings_file(folder: Path, referring_set: Path, **changed: Any) -> Path:
    """Write settings of a run of few and small steps; JSON is YAML."""
    values = {
        "output": str(folder / "run"),
        "model": {"checkpoint": DEMO.reasoner, "max_pixels": 40 * 784, "device": "cpu"},
        "data": {
            "annotations": str(referring_set / "set.jsonl"), "images": str(referring_set),
            "label": "category", "held_out": 1,
        },
        "sft": {"steps": 3, "batch": 2, "rate": 3e-4, "warmup": 1},
        "grpo": {
            "steps": 2, "prompts": 1, "samples": 4, "updates": 2, "max_new_tokens": 128,
            "temperature": 2.0, "rate": 1e-4, "warmup": 1,
            "weights": {"format": 1.0, "accuracy": 1.0, "consistency": 1.0, "abstention": 1.0},
        },
        "save_every": 1, **changed,
    }  # fmt: skip
    path = folder / "settings.yaml"
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def curves(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "run" / "curves.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(text) for text in lines]


def untimed(folder: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in values.items() if k != "seconds"} for values in curves(folder)]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return {k: v for k, v in load_file(folder / "model.safetensors").items() if "lm_head" not in k}


def answer(checkpoint: Path, settings: Path) -> str:
    """Return what the node's reasoner says with a checkpoint."""
    chosen = read_settings(settings, Settings)
    split = read_split(chosen.data)
    lesson = make_lesson(
        split.training.expressions[0], split.training.images, chosen.model.bounds, label="category"
    )
    profile = load_profile("demo", max_pixels=chosen.model.max_pixels, max_new_tokens=20)
    reasoner = QwenReasoner(checkpoint, name="tuned", profile=profile, placement=place("cpu"))
    return reasoner.reason(lesson.image, lesson.prompt, lambda _: None, CancelToken()).text


def test_a_run_goes_on_exactly_where_it_was_interrupted(
    tmp_path: Path, referring_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whole").mkdir()
    whole = settings_file(tmp_path / "whole", referring_set)
    assert fine_tune(whole, resume=False) == 0
    path = settings_file(tmp_path, referring_set)
    tell = Progress.tell
    for resume, at in ((False, ("sft", 2)), (True, ("grpo", 1))):
        with monkeypatch.context() as patch:

            def interrupt(
                self: Progress, stage: str, step: int, figures: Any, at: tuple[str, int] = at
            ) -> None:
                tell(self, stage, step, figures)
                if (stage, step) == at:
                    raise KeyboardInterrupt

            patch.setattr(Progress, "tell", interrupt)
            with pytest.raises(KeyboardInterrupt):
                fine_tune(path, resume=resume)
    assert fine_tune(path, resume=True) == 0
    assert untimed(tmp_path) == untimed(tmp_path / "whole")
    ours, theirs = weights(tmp_path / "run" / "grpo"), weights(tmp_path / "whole" / "run" / "grpo")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    check_what_was_learned(tmp_path)
    before, after = weights(Path(DEMO.reasoner)), ours
    moved = {name for name in after if not torch.equal(after[name], before[name])}
    assert moved
    assert not any(name.startswith("visual") for name in moved)
    assert answer(tmp_path / "run" / "grpo", path).startswith("<think>")
    assert fine_tune(path, resume=True) == 0  # there is nothing left to do
    assert untimed(tmp_path) == untimed(tmp_path / "whole")


def check_what_was_learned(folder: Path) -> None:
    """Assert that the loss fell, and that groups told something to GRPO."""
    losses = [v["loss"] for v in curves(folder) if "loss" in v]
    assert len(losses) == 3
    assert losses[-1] < losses[0]
    told = [v for v in curves(folder) if "told" in v]
    assert len(told) == 2
    assert any(v["told"] > 0 and "kl" in v for v in told)
    measured = [(v["stage"], v["step"]) for v in curves(folder) if "exact" in v]
    assert measured == [("sft", 0), ("sft", 3), ("grpo", 2)]


def test_adapters_are_merged_so_that_the_node_can_load_them(
    tmp_path: Path, referring_set: Path
) -> None:
    path = settings_file(
        tmp_path, referring_set, lora={"rank": 4, "alpha": 8},
        sft={"steps": 3, "batch": 2, "rate": 5e-3, "warmup": 1},
    )  # fmt: skip
    assert fine_tune(path, resume=False) == 0
    check_what_was_learned(tmp_path)
    before, after = weights(Path(DEMO.reasoner)), weights(tmp_path / "run" / "grpo")
    assert before.keys() == after.keys()
    assert {name for name in after if not torch.equal(after[name], before[name])} == {
        name for name in after if "layers" in name and "proj.weight" in name
    }
    assert answer(tmp_path / "run" / "grpo", path).startswith("<think>")


def test_adapters_may_stay_alone(tmp_path: Path, referring_set: Path) -> None:
    path = settings_file(
        tmp_path, referring_set, lora={"rank": 4, "merge": False, "targets": ["q_proj"]},
        sft={"steps": 1, "batch": 1}, grpo={"steps": 0, "max_new_tokens": 4},
    )  # fmt: skip
    assert fine_tune(path, resume=False) == 0
    written = load_file(tmp_path / "run" / "sft" / "adapter_model.safetensors")
    assert all("q_proj.lora_" in name for name in written)
    assert not (tmp_path / "run" / "sft" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("changed", "resume", "message"),
    [
        pytest.param({}, True, "holds no state.pt to go on from", id="nothing to resume"),
        pytest.param(
            {"model": {"checkpoint": "absent"}}, False, "absent is no checkpoint directory",
            id="no checkpoint",
        ),
        pytest.param(
            {"lora": {"targets": ["kv"]}}, False, "lora.targets fit no layer", id="no such layer"
        ),
    ],
)  # fmt: skip
def test_what_cannot_run_is_told(
    tmp_path: Path, referring_set: Path, changed: dict[str, Any], resume: bool, message: str
) -> None:
    path = settings_file(tmp_path, referring_set, **changed)
    with pytest.raises(UserError, match=message):
        fine_tune(path, resume=resume)


def test_a_folder_with_a_run_is_not_overwritten(tmp_path: Path, referring_set: Path) -> None:
    progress = Progress(tmp_path / "run", {"seed": 1, "sft": {"rate": 0.1}}, resume=False)
    progress.save("sft", 3, None)
    with pytest.raises(UserError, match="give --resume to go on, or another output"):
        Progress(tmp_path / "run", {}, resume=False)
    with pytest.raises(UserError, match=r"a run with another sft\.rate, model: put that back"):
        Progress(tmp_path / "run", {"seed": 1, "sft": {"rate": 0.2}, "model": "b"}, resume=True)


def test_a_set_without_reasoning_needs_grpo(tmp_path: Path, referring_set: Path) -> None:
    path = settings_file(tmp_path, referring_set, grpo={"steps": 0})
    lines = (referring_set / "set.jsonl").read_text(encoding="utf-8").splitlines()
    bare = tmp_path / "bare.jsonl"
    bare.write_text("".join(json.dumps({**json.loads(x), "think": ""}) + "\n" for x in lines))
    text = path.read_text(encoding="utf-8").replace(str(referring_set / "set.jsonl"), str(bare))
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="has no reasoning"):
        fine_tune(path, resume=False)
