"""Questions about a scene, completions that the model draws for them, and what those are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast, Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.prompt import PATCH_PIXELS, Prompt, smart_resize
from rex_thinker_ros.training.asking import KINDS
from rex_thinker_ros.training.batches import patches
from rex_thinker_ros.training.examples import (
    BOUNDS,
    draw_question,
    question_prompt,
    turn_after_image,
)
from rex_thinker_ros.training.questions import Question
from rex_thinker_ros.training.reasoner_forward import see
from rex_thinker_ros.training.reward import Reward, Truth, reward
from rex_thinker_ros.training.sampling import Samples, sample
from rex_thinker_ros.training.store import StoredScene
from rex_thinker_ros.training.text_cache import ImageTurn
from rex_thinker_ros.training.train_reasoner import AFTER_IMAGE, BEFORE_IMAGE

# more of what the model still gets wrong
HARD_KINDS = {
    "attribute": 0.06, "plural": 0.20, "ordinal": 0.20, "attribute+ordinal": 0.12,
    "superlative": 0.10, "attribute+superlative": 0.04, "relation": 0.28,
}  # fmt: skip
KIND_SETS: Mapping[str, Mapping[str, float]] = {"even": KINDS, "hard": HARD_KINDS}


@dataclass(frozen=True)
class Asked:
    """A scene's pixels (1, patches, 588), its grid of cells, and questions with their truth."""

    pixels: torch.Tensor
    cells: tuple[int, int]
    prompts: tuple[torch.Tensor, ...]
    truths: tuple[Truth, ...]


@dataclass(frozen=True)
class Rollout:
    """The completions of a scene's questions, rows of a question after one another."""

    asked: Asked
    turn: ImageTurn
    samples: Samples
    rewards: tuple[Reward, ...]


class Roller:
    """Asks about scenes and lets a model answer.

    `each` completions of every question, at `temperature`, of `max_new_tokens` at most.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, *, each: int, temperature: float,
        max_new_tokens: int,
    ) -> None:  # fmt: skip
        self.tokenizer, self.each = tokenizer, each
        self.temperature, self.max_new_tokens = temperature, max_new_tokens
        self.prefix = self._ids(BEFORE_IMAGE), self._ids(AFTER_IMAGE)

    def _ids(self, text: str) -> torch.Tensor:
        return torch.tensor(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def ask(
        self, scene: StoredScene, questions: int, rng: np.random.Generator,
        kinds: Mapping[str, float],
    ) -> Asked:  # fmt: skip
        """Draw questions as supervised training draws them: boxes a little off, distractors."""
        resized = smart_resize(scene.size, BOUNDS)
        drawn = [draw_question(scene.objects, scene.size, rng, kinds) for _ in range(questions)]
        prompts = [question_prompt(question, resized) for question in drawn]
        return Asked(
            pixels=patches(scene.image())[None],
            cells=(resized.height // PATCH_PIXELS, resized.width // PATCH_PIXELS),
            prompts=tuple(self._ids(turn_after_image(prompt)) for prompt in prompts),
            truths=tuple(truth_of(q, p, resized) for q, p in zip(drawn, prompts, strict=True)),
        )

    def turn(self, model: Qwen2_5_VLForConditionalGeneration, asked: Asked) -> ImageTurn:
        """Look at the scene."""
        rows, columns = asked.cells
        vision = see(model, asked.pixels, (rows * 2, columns * 2))
        return ImageTurn(self.prefix, vision, asked.cells)

    def roll(
        self, model: Qwen2_5_VLForConditionalGeneration, asked: Asked, generator: torch.Generator
    ) -> Rollout:
        """Draw completions and judge them."""
        with torch.no_grad():
            turn = self.turn(model, asked)
        samples = sample(
            model, turn, asked.prompts, each=self.each, temperature=self.temperature,
            max_new_tokens=self.max_new_tokens, end=self.tokenizer.eos_token_id,
            generator=generator,
        )  # fmt: skip
        return Rollout(asked, turn, samples, tuple(self._judge(asked.truths, samples)))

    def _judge(self, truths: Sequence[Truth], samples: Samples) -> list[Reward]:
        texts = self.tokenizer.batch_decode(
            [samples.completion(row).tolist() for row in range(len(samples.ids))]
        )
        return [
            reward(text, truths[row // self.each], complete=bool(samples.complete[row]))
            for row, text in enumerate(texts)
        ]


def truth_of(question: Question, prompt: Prompt, resized: Size) -> Truth:
    """Return what the question means, in the boxes of its prompt."""
    return Truth(prompt.hint_boxes, question.targets, resized)
