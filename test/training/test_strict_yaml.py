"""Settings come from YAML as they are meant, or not at all."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from rex_thinker_ros.training.fine_tuning.settings import (
    DataSettings,
    GrpoSettings,
    LoraSettings,
    ModelSettings,
    Settings,
    SftSettings,
)
from rex_thinker_ros.training.fine_tuning.strict_yaml import SettingsError, read_settings

LEAST = """
output: out
model: {checkpoint: weights}
data: {annotations: set.jsonl, images: images}
"""
EXAMPLE = Path(__file__).parents[2] / "config" / "fine_tune.yaml"


def read(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path, Settings)


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    settings = read(tmp_path, LEAST)
    assert settings == Settings(
        "out", ModelSettings("weights"), DataSettings("set.jsonl", "images")
    )


@pytest.mark.parametrize("rate", ["1e-5", "0.00001", "1.0e-5"])
def test_rates_are_read_however_they_are_written(tmp_path: Path, rate: str) -> None:
    assert read(tmp_path, f"{LEAST}sft: {{rate: {rate}}}").sft == SftSettings(rate=1e-5)


def test_lora_is_chosen_by_its_section(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST + "lora: {rank: 4, targets: [q_proj]}").lora == LoraSettings(
        rank=4, targets=("q_proj",)
    )
    assert read(tmp_path, LEAST + "lora: null").lora is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "the file must hold settings by name, got None", id="empty"),
        pytest.param("- 1", "the file must hold settings by name, got [1]", id="a list"),
        pytest.param("a: [", "is no YAML", id="no YAML"),
        pytest.param("output: out", "model is missing", id="a missing section"),
        pytest.param(
            LEAST.replace("checkpoint: weights", ""), "model.checkpoint is missing",
            id="a missing setting",
        ),
        pytest.param(
            LEAST + "epochs: 3",
            "epochs is unknown; known here: output, model, data, lora, sft, grpo, seed, save_every",
            id="an unknown key",
        ),
        pytest.param(
            LEAST + "sft: {lr: 1}",
            "sft.lr is unknown; known here: steps, batch, rate, warmup, weight_decay",
            id="an unknown key in a section",
        ),
        pytest.param(
            LEAST + "grpo: {weights: {accurracy: 1}}",
            "grpo.weights.accurracy is unknown; known here: format, accuracy",
            id="an unknown weight",
        ),
        pytest.param(LEAST + "seed: 1\nseed: 2", "seed is given twice, line 6", id="twice"),
        pytest.param(LEAST + "seed: yes", "seed must be a whole number, got True", id="a switch"),
        pytest.param(
            LEAST + "sft: {batch: 2.5}", "sft.batch must be a whole number, got 2.5",
            id="a fraction",
        ),
        pytest.param(
            LEAST + "sft: {rate: fast}", "sft.rate must be a number, got 'fast'", id="a word"
        ),
        pytest.param(LEAST + "sft: {rate: .nan}", "sft.rate must be a number, got nan", id="NaN"),
        pytest.param(
            LEAST + "lora: {merge: 1}", "lora.merge must be true or false, got 1", id="no switch"
        ),
        pytest.param(
            LEAST + "lora: {targets: q_proj}", "lora.targets must be a list, got 'q_proj'",
            id="no list",
        ),
        pytest.param(
            LEAST + "lora: {targets: [q, 1]}", "lora.targets[1] must be text, got 1", id="no text"
        ),
        pytest.param(LEAST + "lora: 8", "lora must hold settings by name, got 8", id="no section"),
        pytest.param(
            LEAST + "lora: {targets: []}", "lora: targets must name a layer", id="no target"
        ),
        pytest.param(
            LEAST + "grpo: {samples: 1}", "grpo: samples must be 2 at least, got 1", id="one sample"
        ),
        pytest.param(
            LEAST + "grpo: {clip: 1.0}", "grpo: clip must lie between 0 and 1, got 1.0", id="clip"
        ),
        pytest.param(
            LEAST + "grpo: {weights: {accuracy: -1}}", "grpo.weights: weights must not be negative",
            id="a negative weight",
        ),
        pytest.param(
            LEAST + "sft: {batch: 0}", "sft: batch must be positive, got 0", id="an empty batch"
        ),
        pytest.param(
            LEAST.replace("weights}", "weights, max_pixels: 5}"),
            "model: pixel bounds need 0 < min <= max", id="pixel bounds",
        ),
        pytest.param(
            LEAST.replace("weights}", "weights, dtype: float16}"),
            "model: dtype must be auto or float32 or bfloat16, got float16", id="number format",
        ),
        pytest.param(
            LEAST.replace("images}", "images, label: name}"),
            "data: label must be expression or category, got name", id="label",
        ),
        pytest.param(
            LEAST + "sft: {steps: 0}\ngrpo: {steps: 0}",
            "sft.steps and grpo.steps are both 0: nothing would be learned", id="nothing to do",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)
    assert message in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.yaml cannot be read"):
        read_settings(tmp_path / "absent.yaml", Settings)


def test_the_example_has_every_setting_with_its_default() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    given = read_settings(EXAMPLE, Settings)
    assert given == Settings(
        given.output, ModelSettings(given.model.checkpoint),
        DataSettings(given.data.annotations, given.data.images), lora=LoraSettings(),
    )  # fmt: skip
    for kind in (Settings, ModelSettings, DataSettings, LoraSettings, SftSettings, GrpoSettings):
        for field in fields(kind):
            assert f"{field.name}:" in text
