"""The exactness gate: whatever way it is decoded, the text is that of stock greedy decoding."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from stock_reasoner import plain_twin, stock_inputs

from rex_thinker_ros.models.decoding.language import LanguageReader
from rex_thinker_ros.models.decoding.layers import LanguageLayers
from rex_thinker_ros.models.device import place
from rex_thinker_ros.models.find import find_models
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.qwen import QwenReasoner
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.prompt import Prompt, build_prompt

PROFILE = load_profile("demo", max_pixels=36 * 784, max_new_tokens=16)
SIZE = Size(320, 240)
COLORS = ("red", "blue", "green", "white", "purple")
CATEGORIES = ("mug", "can", "ball", "bowl", "block")
ORDERS = ("", "leftmost ", "second ", "largest ")
PROMPTS = list(itertools.product(COLORS, CATEGORIES, ORDERS, (2, 4)))
"""200 of them, on ten images."""


def load() -> Any:
    directory = find_models(PROFILE).reasoner
    assert directory
    return QwenReasoner(directory, name="demo", profile=PROFILE, placement=place("cpu"))


def image_of(seed: int) -> np.ndarray:
    """Return blocks of colour on grey, something to see for the model."""
    rng = np.random.default_rng(seed)
    image = np.full((SIZE.height, SIZE.width, 3), 128, np.uint8)
    for x, y in rng.integers(0, 200, (5, 2)):
        image[y : y + 40, x : x + 40] = rng.integers(0, 256, 3)
    return image


def prompt_for(color: str, category: str, order: str, boxes: int) -> Prompt:
    candidates = [
        Candidate(n, Box(60 * n, 40 + 10 * n, 60 * n + 50, 100 + 10 * n), 0.9)
        for n in range(1, boxes + 1)
    ]
    return build_prompt(
        expression=f"{order}{color} {category}", category=category, candidates=candidates,
        image_size=SIZE, bounds=PROFILE.bounds,
    )  # fmt: skip


def stock(model: Any, inputs: Any, image: np.ndarray, prompt: Prompt, penalty: float) -> list[int]:
    """Return the tokens that transformers' generate says, up to the end of the answer."""
    inputs = inputs(image, prompt)
    model.model.rope_deltas = None
    with torch.inference_mode():
        ids = model.generate(
            **inputs, do_sample=False, repetition_penalty=penalty, max_new_tokens=16
        )
    said: list[int] = ids[0, inputs["input_ids"].shape[1] :].tolist()
    return said


@pytest.mark.parametrize(("penalty", "first"), [(1.0, 0), (1.05, 1)])
def test_every_path_says_the_same(penalty: float, first: int) -> None:
    ways = plain, fixed, _, unfused = load(), load(), load(), load()
    plain._memory.next = lambda most, after=(): []  # no draft from memory
    unfused._reader._layers = LanguageLayers(unfused._model)  # as of a large model
    untouched, inputs = plain_twin(plain._model), stock_inputs(plain._inputs)
    fixed._reader = LanguageReader(fixed._model, fixed=True)  # as on a GPU, but for its graphs
    for reasoner in ways:
        reasoner._penalty = penalty
    tokens = passes = 0
    for number, case in enumerate(PROMPTS[first::2]):
        image, prompt = image_of(number // 10), prompt_for(*case)
        expected = stock(untouched, inputs, image, prompt, penalty)
        for reasoner in ways:
            completion = reasoner.reason(image, prompt, lambda piece: None, CancelToken())
            text = reasoner._inputs.tokenizer.decode(expected[: completion.tokens])
            assert completion.text == text, case
            assert completion.tokens <= len(expected)
        tokens, passes = tokens + completion.tokens, passes + completion.passes
    assert fixed._reader._passes, "a check of its own has turned them off"
    assert tokens > 1.5 * passes, "drafts must be of use"
