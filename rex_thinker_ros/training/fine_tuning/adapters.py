"""Low-rank adapters (LoRA) in a Qwen2.5-VL, by the library peft: the extra [train]."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rex_thinker_ros.training.fine_tuning.settings import LoraSettings
from rex_thinker_ros.user_error import UserError

TOWER_TARGETS = ("qkv", "proj", "gate_proj", "up_proj", "down_proj")


class Adapters:
    """Puts adapters into a frozen model, which stays the same until they have learned."""

    def __init__(self, model: Any, settings: LoraSettings, *, tower: bool) -> None:
        """Put them into the language layers, and with `tower` into the vision tower's blocks.

        Raises:
            UserError: peft is not installed, or the model has none of the layers.
        """
        try:
            from peft import LoraConfig, get_peft_model
        except ImportError as error:
            raise UserError(
                f"lora needs the extra [train]: pip install -r requirements/train.txt ({error})"
            ) from error
        config = LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            target_modules=_pattern(settings.targets, tower=tower),
        )
        try:
            self._wrapped: Any = get_peft_model(model, config)
        except ValueError as error:
            raise UserError(f"lora.targets fit no layer: {error}") from error

    def disabled(self) -> AbstractContextManager[Any]:
        """Return a context in which the model is as it was without them."""
        context: AbstractContextManager[Any] = self._wrapped.disable_adapter()
        return context

    def merge(self) -> None:
        """Add them to the model's weights, in place and for good."""
        self._wrapped.merge_and_unload()

    def write(self, folder: Path) -> None:
        """Write them alone, as peft reads them."""
        self._wrapped.save_pretrained(folder)


def _pattern(targets: tuple[str, ...], *, tower: bool) -> str:
    """Return an expression for the full names of modules."""
    text = rf".*language_model\.layers\.\d+\..*({'|'.join(map(re.escape, targets))})"
    eye = rf".*visual\.blocks\.\d+\..*\.({'|'.join(TOWER_TARGETS)})"
    return f"({text}|{eye})" if tower else text
