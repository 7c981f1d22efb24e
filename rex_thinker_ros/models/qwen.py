"""The reasoner: Qwen2.5-VL through transformers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import GenerationConfig, Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.models.decoding.drafts import TextDrafter, category_names
from rex_thinker_ros.models.decoding.greedy import decode
from rex_thinker_ros.models.decoding.language import LanguageReader, Look
from rex_thinker_ros.models.decoding.layers import UnsupportedModelError
from rex_thinker_ros.models.decoding.penalty import RepetitionPenalty
from rex_thinker_ros.models.decoding.token_memory import TokenMemory
from rex_thinker_ros.models.decoding.transcript import Transcript
from rex_thinker_ros.models.device import Placement
from rex_thinker_ros.models.memory.shortage import memory_advice
from rex_thinker_ros.models.packed_linear import may_pack, pack_linears
from rex_thinker_ros.models.patch_embedding import flatten_patch_embedding
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.quantization import quantization_config
from rex_thinker_ros.models.qwen_inputs import QwenInputs
from rex_thinker_ros.models.vision_attention import group_windows
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt, build_prompt
from rex_thinker_ros.referring.reasoner import Completion, StopReason

# what else a generation_config may ask for that changes greedy decoding
_NOT_HONOURED = (
    "bad_words_ids", "begin_suppress_tokens", "encoder_no_repeat_ngram_size",
    "encoder_repetition_penalty", "exponential_decay_length_penalty", "forced_bos_token_id",
    "forced_eos_token_id", "guidance_scale", "min_length", "min_new_tokens", "no_repeat_ngram_size",
    "num_beams", "penalty_alpha", "remove_invalid_values", "sequence_bias", "suppress_tokens",
    "watermarking_config",
)  # fmt: skip
_OFF: tuple[Any, ...] = (None, False, 0, 1, [])


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
        group_windows(self._model)
        flatten_patch_embedding(self._model)
        pack_linears(self._model)
        self._reader = LanguageReader(self._model)
        # at once, since growing costs passes that were captured
        self._reader.reserve(profile.prompt_tokens + profile.max_new_tokens)
        self._memory = TokenMemory(self._inputs.token_kinds())
        self._ahead = _thread_ahead(self._model)
        self._coming: Future[None] | None = None  # the image that is being read ahead
        self._end_tokens, self._penalty = self._settings(self._model.generation_config)

    @property
    def bounds(self) -> PixelBounds:
        """Return the pixel bounds that prompts must be built with."""
        return self._profile.bounds

    def _settings(self, config: GenerationConfig) -> tuple[set[int], float]:
        """Return the checkpoint's tokens that end an answer, and its repetition penalty.

        Sampling settings count for nothing here. Raises UnsupportedModelError for what else would
        change the answers.
        """
        if asked := [name for name in _NOT_HONOURED if getattr(config, name, None) not in _OFF]:
            raise UnsupportedModelError(
                f"{self.name}: generation_config.json asks for {', '.join(asked)}, which would "
                "change the answers and is not supported: remove it there, or take another one."
            )
        own = config.eos_token_id
        ends = {self._inputs.end_of_turn, *(own if isinstance(own, list) else [own])} - {None}
        penalty = config.repetition_penalty
        return ends, 1.0 if penalty is None else float(penalty)

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
        transcript = Transcript(
            self._inputs.tokenizer,
            end_tokens=self._end_tokens,
            most_tokens=self._profile.max_new_tokens,
            seconds=self._profile.max_seconds,
            on_text=on_text,
            cancel=cancel,
        )
        if cancel.canceled:
            return Completion(text="", stop=StopReason.CANCELED, tokens=0)
        self._wait()
        with torch.inference_mode():
            self._decode(image, prompt, transcript)
        return transcript.completion()

    def look_ahead(self, image: RgbImage) -> None:
        """Begin to read an image on another thread, where that pays: see LooksAhead."""
        if self._ahead is not None:
            self._wait()
            self._coming = self._ahead.submit(self._read_image, image)

    def _wait(self) -> None:
        """Wait for the image that is being read; if that failed, it is read again when asked."""
        if self._coming is not None:
            self._coming.exception()
            self._coming = None

    def _read_image(self, image: RgbImage) -> None:
        prompt = build_prompt(
            expression="", category="", candidates=(), image_size=Size(*image.shape[1::-1]),
            bounds=self.bounds,
        )  # fmt: skip
        with torch.inference_mode():
            self._reader.read_image(self._inputs.tokens(prompt), self._look(image, prompt))

    def _look(self, image: RgbImage, prompt: Prompt) -> Look:
        return Look(pixel_key(image), lambda: self._inputs.frame(image, prompt))

    def _decode(self, image: RgbImage, prompt: Prompt, transcript: Transcript) -> None:
        inputs = {
            key: value.to(self._reader.device) for key, value in self._inputs.tokens(prompt).items()
        }
        ids = inputs["input_ids"][0]
        look = self._look(image, prompt)
        logits = self._reader.read_prompt(inputs, look, self._profile.max_new_tokens)
        penalty = RepetitionPenalty(self._penalty, ids, logits.shape[1])
        self._memory.begin(
            ids[inputs["mm_token_type_ids"][0] == 0].tolist(),
            category_names(prompt.category, self._inputs.tokenizer),
        )
        drafter = TextDrafter(self._memory, prompt, self._inputs.tokenizer)
        decode(self._reader, logits, penalty, drafter, transcript)


def _thread_ahead(model: Any) -> ThreadPoolExecutor | None:
    """Return a thread to read images ahead on, if reading and detecting are faster side by side.

    On a GPU both would need their memory at once, and nobody has measured what is won.
    """
    cores = len(os.sched_getaffinity(0))
    return ThreadPoolExecutor(1, "look ahead") if cores > 1 and may_pack(model) else None


def pixel_key(image: RgbImage) -> bytes:
    """Return what tells images apart: a hash of the pixels and the shape."""
    digest = hashlib.sha256(np.ascontiguousarray(image).data)
    digest.update(repr(image.shape).encode())
    return digest.digest()
