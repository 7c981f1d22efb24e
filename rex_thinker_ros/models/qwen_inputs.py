"""A prompt and an image as the tensors that Qwen2.5-VL was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image
from tokenizers import Tokenizer
from transformers import AutoTokenizer
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rex_thinker_ros.models.decoding.token_memory import TokenKinds
from rex_thinker_ros.models.pixel_table import PixelTable
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import PixelBounds, Prompt, without_control_tokens

IMAGE_PAD = "<|image_pad|>"
END_OF_TURN = "<|im_end|>"


def chat_text(prompt: Prompt, image_tokens: int) -> str:
    """Return both turns in Qwen's chat format, up to where the assistant begins to speak.

    Control tokens inside the user's text are broken up.
    """
    # written out, not taken from the checkpoint: some ship the template in a file of its own, some
    # not at all, and the format is as fixed as the prompt
    user = without_control_tokens(prompt.user)
    return (
        f"<|im_start|>system\n{prompt.system}{END_OF_TURN}\n"
        f"<|im_start|>user\n<|vision_start|>{IMAGE_PAD * image_tokens}<|vision_end|>{user}"
        f"{END_OF_TURN}\n<|im_start|>assistant\n"
    )


class QwenInputs:
    """Prepare inputs without torchvision: a tokenizer and the PIL image processor."""

    def __init__(self, directory: Path, bounds: PixelBounds) -> None:
        """Load the checkpoint's tokenizer and image settings; bounds replace its own."""
        self._tokenizer: Any = AutoTokenizer.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
        self._image_processor: Any = Qwen2VLImageProcessorPil.from_pretrained(
            directory,
            local_files_only=True,
            # under these names, since those in a released checkpoint's file would win over size
            min_pixels=bounds.min_pixels,
            max_pixels=bounds.max_pixels,
        )
        self._table = PixelTable(self._image_processor)
        # get_vocab, not convert_tokens_to_ids: a token that is not there must raise
        vocabulary = self._tokenizer.get_vocab()
        self._image_pad: int = vocabulary[IMAGE_PAD]
        self.end_of_turn: int = vocabulary[END_OF_TURN]

    @property
    def tokenizer(self) -> Tokenizer:
        """Return the tokenizer that turns generated ids into text."""
        backend: Tokenizer = self._tokenizer.backend_tokenizer
        return backend

    def token_kinds(self) -> TokenKinds:
        """Return which of the tokens are alike."""
        backend = self.tokenizer
        size = backend.get_vocab_size()
        return TokenKinds([backend.decode([token]) for token in range(size)])

    def __call__(self, image: RgbImage, prompt: Prompt) -> dict[str, torch.Tensor]:
        """Return all that the model's forward takes: the tokens and the pixels."""
        return {**self.tokens(prompt), "pixel_values": self.pixels(image, prompt)}

    def tokens(self, prompt: Prompt) -> dict[str, torch.Tensor]:
        """Return input_ids, attention_mask and mm_token_type_ids (1, length), and the image's size.

        The size is image_grid_thw (1, 3), in patches.
        """
        rows, columns = self._grid(prompt)
        text = chat_text(prompt, rows * columns // self._image_processor.merge_size**2)
        ids = torch.tensor([self._tokenizer(text, add_special_tokens=False)["input_ids"]])
        return {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            # without it the model takes the image for text, and says nothing
            "mm_token_type_ids": (ids == self._image_pad).long(),
            "image_grid_thw": torch.tensor([[1, rows, columns]]),
        }

    def pixels(self, image: RgbImage, prompt: Prompt) -> torch.Tensor:
        """Return the image as (patches, values) of a film of two frames, each what frame returns.

        ValueError as there.
        """
        one = self.frame(image, prompt).view(-1, 3, 1, self._image_processor.patch_size**2)
        return one.expand(-1, -1, self._image_processor.temporal_patch_size, -1).flatten(1)

    def frame(self, image: RgbImage, prompt: Prompt) -> torch.Tensor:
        """Return the image as (patches, values).

        ValueError if its resized size is not prompt.resized: every coordinate of the prompt would
        be wrong.
        """
        # resized and cut by the processor, and normalised here: that would take it twice as long
        features = self._image_processor(
            images=Image.fromarray(image), do_rescale=False, do_normalize=False,
            temporal_patch_size=1, return_tensors="np",
        )  # fmt: skip
        _, rows, columns = features["image_grid_thw"][0].tolist()
        if (rows, columns) != self._grid(prompt):
            patch = self._image_processor.patch_size
            raise ValueError(
                f"the prompt is about an image of {prompt.resized.width} x "
                f"{prompt.resized.height} pixels, but the model sees {columns * patch} x "
                f"{rows * patch}: build the prompt with the reasoner's bounds"
            )
        patches = features["pixel_values"]
        colors = patches.reshape(len(patches), 3, -1)
        return torch.from_numpy(self._table.look_up(colors).reshape(patches.shape))

    def _grid(self, prompt: Prompt) -> tuple[int, int]:
        patch = self._image_processor.patch_size
        return prompt.resized.height // patch, prompt.resized.width // patch
