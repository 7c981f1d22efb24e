"""The settings of a fine-tuning run, checked once; config/fine_tune.yaml explains each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rex_thinker_ros.referring.prompt import PixelBounds
from rex_thinker_ros.training.reward import Weights

DTYPES = ("auto", "float32", "bfloat16")
LABELS = ("expression", "category")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which checkpoint learns, and how it computes."""

    checkpoint: str
    min_pixels: int = 16 * 28 * 28
    max_pixels: int = 1280 * 28 * 28
    device: str = "auto"
    dtype: str = "auto"
    freeze_vision_tower: bool = True
    gradient_checkpointing: bool = False
    rows: int = 4

    def __post_init__(self) -> None:
        _one_of("dtype", self.dtype, DTYPES)
        _positive(self, "rows")
        _ = self.bounds

    @property
    def bounds(self) -> PixelBounds:
        """Return the pixel bounds of the resized image."""
        return PixelBounds(self.min_pixels, self.max_pixels)


@dataclass(frozen=True, slots=True)
class DataSettings:
    """What it learns from."""

    annotations: str
    images: str
    category: str = ""
    label: str = "expression"
    held_out: int = 0

    def __post_init__(self) -> None:
        _one_of("label", self.label, LABELS)
        _not_negative(self, "held_out")


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Small matrices that learn in place of the weights."""

    rank: int = 16
    alpha: int = 32
    targets: tuple[str, ...] = (
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    )  # fmt: skip
    merge: bool = True

    def __post_init__(self) -> None:
        _positive(self, "rank", "alpha")
        if not self.targets:
            raise ValueError("targets must name a layer at least")


@dataclass(frozen=True, slots=True)
class SftSettings:
    """The first stage: the next token of given reasoning."""

    steps: int = 500
    batch: int = 16
    rate: float = 1e-5
    warmup: int = 20
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _positive(self, "batch", "rate", "warmup")
        _not_negative(self, "steps", "weight_decay")


@dataclass(frozen=True, slots=True)
class GrpoSettings:
    """The second stage: rewards for completions that the model draws."""

    steps: int = 200
    prompts: int = 8
    samples: int = 8
    updates: int = 1
    temperature: float = 1.0
    max_new_tokens: int = 1024
    rate: float = 1e-6
    warmup: int = 5
    weight_decay: float = 0.0
    clip: float = 0.2
    kl_weight: float = 0.01
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        _positive(self, "prompts", "updates", "temperature", "max_new_tokens", "rate", "warmup")
        _not_negative(self, "steps", "weight_decay", "kl_weight")
        if self.samples < 2:
            raise ValueError(f"samples must be 2 at least, got {self.samples}: a group is compared")
        if not 0 < self.clip < 1:
            raise ValueError(f"clip must lie between 0 and 1, got {self.clip}")


@dataclass(frozen=True, slots=True)
class Settings:
    """All of a run; without `lora` every weight learns, but for what is frozen."""

    output: str
    model: ModelSettings
    data: DataSettings
    lora: LoraSettings | None = None
    sft: SftSettings = field(default_factory=SftSettings)
    grpo: GrpoSettings = field(default_factory=GrpoSettings)
    seed: int = 0
    save_every: int = 50

    def __post_init__(self) -> None:
        _positive(self, "save_every")
        _not_negative(self, "seed")
        if self.sft.steps == self.grpo.steps == 0:
            raise ValueError("sft.steps and grpo.steps are both 0: nothing would be learned")


def _positive(settings: Any, *names: str) -> None:
    for name in names:
        if not getattr(settings, name) > 0:
            raise ValueError(f"{name} must be positive, got {getattr(settings, name)}")


def _not_negative(settings: Any, *names: str) -> None:
    for name in names:
        if getattr(settings, name) < 0:
            raise ValueError(f"{name} must not be negative, got {getattr(settings, name)}")


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be {' or '.join(choices)}, got {value}")
