"""The reasoner: Qwen2.5-VL through transformers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.models.decoding import Lead, TokenWatch
from rex_thinker_ros.models.device import Placement
from rex_thinker_ros.models.memory.shortage import memory_advice
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.quantization import quantization_config
from rex_thinker_ros.models.qwen_inputs import QwenInputs
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt
from rex_thinker_ros.referring.reasoner import Completion, StopReason

_SAMPLING_ONLY = ("temperature", "top_k", "top_p", "min_p", "top_h", "typical_p")


class QwenReasoner:
    """Answer prompts greedily; for one thread at a time."""

    def __init__(
        self, directory: Path, *, name: str, profile: Profile, placement: Placement
    ) -> None:
        """Load a checkpoint from a directory that find_weights returned."""
        self.name = name
        self._profile = profile
        self._inputs = QwenInputs(directory, profile.bounds)
        self._model: Any = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            directory,
            local_files_only=True,
            use_safetensors=True,
            dtype=placement.dtype,
            attn_implementation=placement.attention,
            # straight to the device: on the way there must not be a second copy in memory
            device_map={"": placement.device},
            quantization_config=quantization_config(profile.quantization, placement.dtype),
        )
        self._model.eval()
        self._end_tokens = self._make_greedy(self._model.generation_config)

    @property
    def bounds(self) -> PixelBounds:
        """Return the pixel bounds that prompts must be built with."""
        return self._profile.bounds

    def _make_greedy(self, config: GenerationConfig) -> set[int]:
        # all else the checkpoint asks for stays, its repetition penalty above all
        config.do_sample = False
        for setting in _SAMPLING_ONLY:
            setattr(config, setting, None)
        config.max_length = None
        config.max_new_tokens = self._profile.max_new_tokens
        own = config.eos_token_id
        ends = {self._inputs.end_of_turn, *(own if isinstance(own, list) else [own])} - {None}
        config.eos_token_id = sorted(ends)
        if config.pad_token_id is None:
            config.pad_token_id = self._inputs.end_of_turn
        return ends

    @memory_advice(
        "The reasoner",
        "Lower reasoner.max_pixels or reasoner.max_new_tokens, set reasoner.quantization, or free "
        "memory on its device.",
    )
    def reason(
        self,
        image: RgbImage,
        prompt: Prompt,
        on_text: Callable[[str], None],
        cancel: CancelToken,
    ) -> Completion:
        """Generate the answer; stop within one token of a cancel or the end of a budget.

        on_text runs in this thread. ValueError if the prompt was built for other bounds,
        OutOfMemoryError where memory runs out: a smaller request may work.
        """
        lead = Lead()
        watch = TokenWatch(
            self._inputs.tokenizer,
            end_tokens=self._end_tokens,
            seconds=self._profile.max_seconds,
            on_text=on_text,
            cancel=cancel,
            lead=lead,
        )
        if cancel.canceled:
            return Completion(text="", stop=StopReason.CANCELED, tokens=0)
        inputs = {
            key: value.to(self._model.device) for key, value in self._inputs(image, prompt).items()
        }
        # position offsets of the last image; a stale one would shift every token silently
        self._model.model.rope_deltas = None
        with torch.inference_mode():
            self._model.generate(**inputs, logits_processor=[lead], stopping_criteria=[watch])
        return watch.completion()
