"""A reasoner that decodes with transformers' own generate, token by token."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image
from transformers import GenerationConfig, LogitsProcessor, StoppingCriteria
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VisionPatchEmbed,
    Qwen2_5_VisionTransformerPretrainedModel,
    Qwen2_5_VLVisionAttention,
)

from rex_thinker_ros.models.decoding.transcript import Transcript
from rex_thinker_ros.models.packed_linear import PackedLinear
from rex_thinker_ros.models.qwen_inputs import QwenInputs
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt
from rex_thinker_ros.referring.reasoner import Completion, StopReason


class StockReasoner:
    """Answer as a QwenReasoner does, with its weights and its inputs, through plain generate."""

    def __init__(self, reasoner: Any) -> None:
        """Take a loaded QwenReasoner; nothing of it changes."""
        self.name = f"{reasoner.name}, stock"
        self.bounds: PixelBounds = reasoner.bounds
        self._reasoner = reasoner
        self._inputs = stock_inputs(reasoner._inputs)
        self.model = plain_twin(reasoner._model)
        self._config = _greedy(self.model.generation_config, reasoner)

    def reason(
        self,
        image: RgbImage,
        prompt: Prompt,
        on_text: Callable[[str], None],
        cancel: CancelToken,
    ) -> Completion:
        """Generate the answer."""
        transcript = Transcript(
            self._inputs.tokenizer,
            end_tokens=self._reasoner._end_tokens,
            most_tokens=self._reasoner._profile.max_new_tokens,
            seconds=self._reasoner._profile.max_seconds,
            on_text=on_text,
            cancel=cancel,
        )
        if cancel.canceled:
            return Completion(text="", stop=StopReason.CANCELED, tokens=0)
        inputs = {
            name: value.to(self.model.device) for name, value in self._inputs(image, prompt).items()
        }
        self.model.model.rope_deltas = None  # those of the last image
        lead = _Lead()
        with torch.inference_mode():
            self.model.generate(
                **inputs,
                generation_config=self._config,
                logits_processor=[lead],
                stopping_criteria=[_Listener(transcript, lead)],
            )
        return transcript.completion()


class _StockInputs(QwenInputs):
    """Prepare images with the library's processor alone."""

    def pixels(self, image: RgbImage, prompt: Prompt) -> torch.Tensor:
        """Return the image as (patches, values)."""
        features = self._image_processor(images=Image.fromarray(image), return_tensors="pt")
        patches: torch.Tensor = features["pixel_values"]
        return patches


def stock_inputs(inputs: QwenInputs) -> QwenInputs:
    """Return the same inputs, prepared by the library."""
    stock = copy.copy(inputs)
    stock.__class__ = _StockInputs
    return stock


def plain_twin(model: Any) -> Any:
    """Return a model with the same weights, not copied, and the library's own layers."""
    twin = copy.deepcopy(model, {id(weights): weights for weights in model.parameters()})
    for module in twin.modules():
        if isinstance(module, Qwen2_5_VLVisionAttention):
            module.__class__ = Qwen2_5_VLVisionAttention
        elif isinstance(module, Qwen2_5_VisionPatchEmbed):
            module.__class__ = Qwen2_5_VisionPatchEmbed
        elif isinstance(module, PackedLinear):
            module.__class__ = torch.nn.Linear
        elif isinstance(module, Qwen2_5_VisionTransformerPretrainedModel):
            module._forward_pre_hooks.clear()
            module._forward_pre_hooks_with_kwargs.clear()
    return twin


def _greedy(config: GenerationConfig, reasoner: Any) -> GenerationConfig:
    """Return a checkpoint's settings, without sampling and with the reasoner's budget and ends."""
    greedy = copy.deepcopy(config)
    greedy.do_sample = False
    for setting in ("temperature", "top_k", "top_p", "min_p", "top_h", "typical_p", "max_length"):
        setattr(greedy, setting, None)
    greedy.max_new_tokens = reasoner._profile.max_new_tokens
    greedy.eos_token_id = sorted(reasoner._end_tokens)
    if greedy.pad_token_id is None:
        greedy.pad_token_id = reasoner._inputs.end_of_turn
    return greedy


class _Lead(LogitsProcessor):
    """Note the lead of the best next token over the next best."""

    def __init__(self) -> None:
        self.logits = 0.0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        best, second = scores[0].topk(2).values.tolist()
        self.logits = best - second
        return scores


class _Listener(StoppingCriteria):
    """Tell a transcript of each token; stop when it is over."""

    def __init__(self, transcript: Transcript, lead: _Lead) -> None:
        self._transcript = transcript
        self._lead = lead

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        self._transcript.passes += 1
        over = self._transcript.add(int(input_ids[0, -1]), self._lead.logits)
        return torch.tensor([over], device=input_ids.device)
