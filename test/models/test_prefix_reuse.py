"""A second command on the same image does not look at it again, and answers the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rex_thinker_ros.models.decoding.fixed_pass import FixedPass
from rex_thinker_ros.models.decoding.language import LanguageReader, Look
from rex_thinker_ros.models.device import place
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.qwen import QwenReasoner
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.prompt import Prompt, build_prompt
from rex_thinker_ros.referring.reasoner import Completion

SIZE = Size(150, 130)


class Watched:
    """A real reasoner whose looks at images are counted."""

    def __init__(self, directory: Path) -> None:
        profile = load_profile("demo", max_new_tokens=12)
        self.reasoner = QwenReasoner(
            directory, name="tiny", profile=profile, placement=place("cpu")
        )
        self.looks = 0
        self.fault: Exception | None = None
        model: Any = vars(self.reasoner)["_model"]
        model.model.visual.register_forward_pre_hook(self._look)

    def _look(self, *_: object) -> None:
        self.looks += 1
        if self.fault:
            raise self.fault

    def look_ahead(self, image: np.ndarray) -> None:
        # also where there is one core, on which the reasoner would not
        vars(self.reasoner)["_ahead"] = ThreadPoolExecutor(1)
        self.reasoner.look_ahead(image)

    def prompt(self, expression: str, boxes: int, size: Size = SIZE) -> Prompt:
        candidates = [
            Candidate(n, Box(10 * n, 5 * n, 10 * n + 40, 5 * n + 30), 0.9)
            for n in range(1, boxes + 1)
        ]
        return build_prompt(
            expression=expression, category="mug", candidates=candidates, image_size=size,
            bounds=self.reasoner.bounds,
        )  # fmt: skip

    def ask(self, image: np.ndarray, expression: str = "red mug", boxes: int = 2) -> Completion:
        size = Size(*image.shape[1::-1])
        prompt = self.prompt(expression, boxes, size)
        return self.reasoner.reason(image, prompt, lambda piece: None, CancelToken())


@pytest.fixture
def watched(random_reasoner: Path) -> Watched:
    return Watched(random_reasoner)


def image_of(seed: int, size: Size = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8)


def assert_same(one: Completion, other: Completion) -> None:
    assert (one.text, one.stop, one.tokens) == (other.text, other.stop, other.tokens)
    # how many tokens a pass verifies changes the last digits of a margin
    margins = [piece.margin for piece in one.margins]
    assert margins == pytest.approx([piece.margin for piece in other.margins], abs=1e-4)


def test_another_command_on_the_same_image_reads_only_the_command(
    watched: Watched, random_reasoner: Path
) -> None:
    watched.ask(image_of(1), "red mug", boxes=2)
    again = watched.ask(image_of(1), "the mug that stands on the left", boxes=4)
    assert watched.looks == 1
    fresh = Watched(random_reasoner).ask(image_of(1), "the mug that stands on the left", boxes=4)
    assert_same(again, fresh)


def test_one_pixel_is_another_image(watched: Watched, random_reasoner: Path) -> None:
    image = image_of(1)
    watched.ask(image)
    image[0, 0, 0] ^= 255  # in place: the array is the same object
    changed = watched.ask(image)
    assert watched.looks == 2
    assert_same(changed, Watched(random_reasoner).ask(image))


def test_the_same_bytes_in_another_shape_are_another_image(watched: Watched) -> None:
    image = image_of(1, Size(120, 168))
    watched.ask(image)
    watched.ask(image.reshape(120, 168, 3))
    assert watched.looks == 2


def test_after_a_fault_the_image_is_read_anew(watched: Watched, random_reasoner: Path) -> None:
    watched.ask(image_of(1))
    watched.fault = ValueError("the camera melted")
    with pytest.raises(ValueError, match="melted"):
        watched.ask(image_of(2))
    watched.fault = None
    again = watched.ask(image_of(1))
    assert watched.looks == 3, "what was kept of the first image is gone"
    assert_same(again, Watched(random_reasoner).ask(image_of(1)))


def test_without_the_map_of_token_types_nothing_is_read(watched: Watched) -> None:
    reasoner: Any = watched.reasoner
    prompt = watched.prompt("red mug", 2)
    inputs = reasoner._inputs.tokens(prompt)
    look = Look(b"key", lambda: reasoner._inputs.pixels(image_of(1), prompt))
    del inputs["mm_token_type_ids"]
    with torch.inference_mode(), pytest.raises(KeyError, match="mm_token_type_ids"):
        reasoner._reader.read_prompt(inputs, look, 12)


def test_offsets_left_in_the_model_count_for_nothing(
    watched: Watched, random_reasoner: Path
) -> None:
    """Elsewhere a stale one shifts every position silently."""
    model: Any = vars(watched.reasoner)["_model"]
    model.model.rope_deltas = torch.tensor([[1000]])
    assert_same(watched.ask(image_of(1)), Watched(random_reasoner).ask(image_of(1)))


def test_passes_of_fixed_sizes_leave_what_is_kept_as_it_is(
    watched: Watched, random_reasoner: Path
) -> None:
    reasoner: Any = watched.reasoner
    reasoner._reader = LanguageReader(reasoner._model, fixed=True)
    answers = [watched.ask(image_of(1), "red mug", boxes=n) for n in (2, 30, 2)]
    assert watched.looks == 1
    for boxes, answer in zip((2, 30, 2), answers, strict=True):
        assert_same(answer, Watched(random_reasoner).ask(image_of(1), "red mug", boxes=boxes))


def test_passes_that_read_otherwise_are_not_used(
    watched: Watched,
    random_reasoner: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Stand in for a GPU whose graphs are wrong."""
    reasoner: Any = watched.reasoner
    reasoner._reader = LanguageReader(reasoner._model, fixed=True)
    monkeypatch.setattr(FixedPass, "read", lambda self, tokens, offset: torch.zeros(1, 1))
    answer = watched.ask(image_of(1))
    assert "otherwise than one by one" in caplog.text
    assert_same(answer, Watched(random_reasoner).ask(image_of(1)))


def test_an_image_that_was_read_ahead_is_not_read_again(watched: Watched) -> None:
    expected, other = watched.ask(image_of(1)), watched.ask(image_of(2))
    watched.look_ahead(image_of(1))
    assert_same(watched.ask(image_of(1)), expected)
    assert watched.looks == 3
    watched.look_ahead(image_of(1))  # another one was expected
    assert_same(watched.ask(image_of(2)), other)
    assert watched.looks == 4


def test_a_fault_of_reading_ahead_shows_when_a_prompt_is_answered(watched: Watched) -> None:
    expected = watched.ask(image_of(1))
    watched.fault = RuntimeError("no")
    watched.look_ahead(image_of(2))
    with pytest.raises(RuntimeError, match="no"):
        watched.ask(image_of(2))
    watched.fault = None
    assert_same(watched.ask(image_of(1)), expected)
