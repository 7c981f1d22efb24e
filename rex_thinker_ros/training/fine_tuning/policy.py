"""The model that learns: loaded, asked, drawn from, and written as a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from rex_thinker_ros.models.qwen_inputs import END_OF_TURN, QwenInputs
from rex_thinker_ros.training.fine_tuning.adapters import Adapters
from rex_thinker_ros.training.fine_tuning.checkpoint import Start, write_checkpoint
from rex_thinker_ros.training.fine_tuning.completions import Turn, log_probs, see
from rex_thinker_ros.training.fine_tuning.lesson import Lesson
from rex_thinker_ros.training.fine_tuning.settings import Settings


@dataclass(frozen=True, slots=True)
class Drawn:
    """A completion that the model drew: token ids, its end included; text; whether it ended."""

    ids: torch.Tensor
    text: str
    complete: bool


class Policy:
    """A checkpoint with what of it may learn; the rest is frozen.

    `reference` says whether the start is needed to compare with.
    """

    def __init__(self, start: Path, settings: Settings, *, reference: bool) -> None:
        """Load it; UserError if the directory holds no such checkpoint."""
        model = settings.model
        self._settings = settings
        self._start = Start(start, model)
        self._inputs = QwenInputs(start, model.bounds)
        full = settings.lora is None
        self.model: Any = self._start.load(learning=full)
        self.model.requires_grad_(full)
        self.adapters = None
        if settings.lora is not None:
            self.adapters = Adapters(self.model, settings.lora, tower=not model.freeze_vision_tower)
        if model.freeze_vision_tower:
            self.model.model.visual.requires_grad_(False).to(self._start.dtype)
        if model.gradient_checkpointing:
            self.model.gradient_checkpointing_enable({"use_reentrant": False})
        self._reference: Any = None
        if reference and full:
            self._reference = self._start.load(learning=False).requires_grad_(False).eval()
        own = self.model.generation_config.eos_token_id
        self._ends = {self._inputs.end_of_turn, *(own if isinstance(own, list) else [own])} - {None}
        # ours alone: the checkpoint's sampling settings would draw what log_probs does not know
        self.model.generation_config = GenerationConfig(
            eos_token_id=sorted(self._ends), pad_token_id=self._inputs.end_of_turn
        )

    def learning(self) -> dict[str, torch.nn.Parameter]:
        """Return the weights that learn, by name."""
        return {name: w for name, w in self.model.named_parameters() if w.requires_grad}

    def turn(self, lesson: Lesson) -> Turn:
        """Return the prompt as the node would put it, seen already if the tower is frozen."""
        inputs = self._inputs(lesson.image, lesson.prompt)
        inputs = {name: value.to(self._start.device) for name, value in inputs.items()}
        pixels = inputs.pop("pixel_values")
        turn = Turn(inputs, pixels)
        if not self._settings.model.freeze_vision_tower:
            return turn
        with torch.no_grad(), self._computing():
            return Turn(inputs, pixels, see(self.model, turn))

    def ids_of(self, completion: str) -> torch.Tensor:
        """Return the tokens of a completion and of its end."""
        encoding = self._inputs.tokenizer.encode(completion + END_OF_TURN, add_special_tokens=False)
        return torch.tensor(encoding.ids, device=self._start.device)

    def log_probs(
        self, turn: Turn, completions: Sequence[torch.Tensor], temperature: float = 1.0
    ) -> torch.Tensor:
        """Return (rows, tokens) log-probabilities, with gradients where those are recorded."""
        self.model.train()
        with self._computing():
            return log_probs(self.model, turn, completions, temperature)

    def reference_log_probs(
        self, turn: Turn, completions: Sequence[torch.Tensor], temperature: float
    ) -> torch.Tensor:
        """Return (rows, tokens) log-probabilities of the model that this one began as."""
        if self.adapters is not None:
            with torch.no_grad(), self.adapters.disabled(), self._computing():
                return log_probs(self.model, turn, completions, temperature)
        with torch.no_grad(), self._computing():
            return log_probs(self._reference, turn, completions, temperature)

    def draw(
        self, turn: Turn, count: int, *, temperature: float, max_new_tokens: int
    ) -> list[Drawn]:
        """Draw completions at a temperature, `rows` at once; the likeliest tokens at 0."""
        self.model.eval()
        sampling = {"temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature else {}
        config = GenerationConfig(
            do_sample=temperature > 0, max_new_tokens=max_new_tokens, repetition_penalty=1.0,
            eos_token_id=sorted(self._ends), pad_token_id=self._inputs.end_of_turn, **sampling,
        )  # fmt: skip
        drawn: list[Drawn] = []
        while len(drawn) < count:
            rows = min(self._settings.model.rows, count - len(drawn))
            self.model.model.rope_deltas = None  # those of another prompt
            with torch.no_grad(), self._computing():
                inputs = turn.inputs(self.model, rows)
                ids = self.model.generate(**inputs, generation_config=config)
            drawn += map(self._drawn, ids[:, inputs["input_ids"].shape[1] :])
        return drawn

    def _drawn(self, ids: torch.Tensor) -> Drawn:
        ends = torch.isin(ids, torch.tensor(sorted(self._ends), device=ids.device)).nonzero()
        complete = len(ends) > 0
        ids = ids[: int(ends[0]) + 1] if complete else ids
        said = ids[:-1] if complete else ids
        text = self._inputs.tokenizer.decode(said.tolist(), skip_special_tokens=False)
        return Drawn(ids, text, complete)

    def _computing(self) -> AbstractContextManager[Any]:
        half = self._start.dtype is not torch.float32
        return torch.autocast(self._start.device.type, self._start.dtype, enabled=half)

    def write(self, folder: Path, *, merge: bool) -> None:
        """Write a checkpoint directory; the adapters alone where nothing asks to merge them.

        It is the last that can be asked of a policy: adapters are merged for good.
        """
        lora = self._settings.lora
        if self.adapters is not None and lora is not None:
            if not (merge or lora.merge):
                self.adapters.write(folder)
                return
            self.adapters.merge()
        write_checkpoint(self.model, self._start, folder)
