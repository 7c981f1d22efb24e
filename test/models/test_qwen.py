from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from logging import WARNING
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers.utils import logging

from rex_thinker_ros.models.decoding.layers import UnsupportedModelError
from rex_thinker_ros.models.device import place
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.qwen import QwenReasoner
from rex_thinker_ros.models.weights import find_weights
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.prompt import Prompt, build_prompt
from rex_thinker_ros.referring.reasoner import Completion, StopReason

SIZE = Size(150, 130)
SCRIPT = "<think>look ✅</think><answer>[]</answer>"


def load(directory: Path, **overrides: float) -> QwenReasoner:
    profile = load_profile("demo", **overrides)
    return QwenReasoner(directory, name="tiny", profile=profile, placement=place("cpu"))


def image_of(seed: int = 0, size: Size = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8)


def prompt_for(reasoner: QwenReasoner, size: Size = SIZE, candidates: int = 2) -> Prompt:
    boxes = [Box(10 * n, 5 * n, 10 * n + 40, 5 * n + 30) for n in range(candidates)]
    return build_prompt(
        expression="the red mug",
        category="mug",
        candidates=[Candidate(n, box, 0.9) for n, box in enumerate(boxes, start=1)],
        image_size=size,
        bounds=reasoner.bounds,
    )


def ask(
    reasoner: QwenReasoner,
    on_text: Callable[[str], None] = lambda piece: None,
    cancel: CancelToken | None = None,
) -> Completion:
    return reasoner.reason(image_of(), prompt_for(reasoner), on_text, cancel or CancelToken())


def test_the_text_streams_whole_characters_and_stops_at_the_end_of_the_answer(
    scripted_reasoner: Callable[..., Path],
) -> None:
    pieces: list[str] = []
    completion = ask(load(scripted_reasoner()), pieces.append)
    assert completion.text == SCRIPT
    assert completion.stop is StopReason.END
    assert "".join(pieces) == SCRIPT
    assert any("✅" in piece for piece in pieces)
    assert "\ufffd" not in completion.text
    assert len(pieces) > 4, "text must come as it grows"


def test_every_character_has_the_least_lead_of_its_tokens(
    scripted_reasoner: Callable[..., Path],
) -> None:
    completion = ask(load(scripted_reasoner()))
    spans = [(piece.start, piece.end) for piece in completion.margins]
    assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert spans[-1][1] == len(completion.text)
    assert all(piece.margin > 0 for piece in completion.margins)


def test_an_answer_may_also_end_with_the_turn(scripted_reasoner: Callable[..., Path]) -> None:
    completion = ask(load(scripted_reasoner(2, "<|im_end|>")))
    assert completion.text == "<think>look"
    assert completion.stop is StopReason.END
    assert completion.tokens == 3


def test_the_checkpoints_own_end_tokens_count(scripted_reasoner: Callable[..., Path]) -> None:
    directory = scripted_reasoner(2, "<|endoftext|>")
    config = directory / "generation_config.json"
    settings = json.loads(config.read_text())
    settings["eos_token_id"] = [0, 2]
    config.write_text(json.dumps(settings))
    assert ask(load(directory)).stop is StopReason.END


def test_a_checkpoint_that_names_no_end_token_still_ends(
    scripted_reasoner: Callable[..., Path],
) -> None:
    directory = scripted_reasoner(2, "<|im_end|>")
    (directory / "generation_config.json").write_text("{}")
    assert ask(load(directory)).stop is StopReason.END


@pytest.mark.parametrize("budget", [1, 2, 7])
def test_the_token_budget_is_told_from_an_end(
    scripted_reasoner: Callable[..., Path], budget: int
) -> None:
    completion = ask(load(scripted_reasoner(), max_new_tokens=budget))
    assert completion.stop is StopReason.TOKEN_BUDGET
    assert completion.tokens == budget
    assert SCRIPT.startswith(completion.text)


def test_an_answer_that_ends_on_the_last_token_is_whole(
    scripted_reasoner: Callable[..., Path],
) -> None:
    needed = ask(load(scripted_reasoner())).tokens
    completion = ask(load(scripted_reasoner(), max_new_tokens=needed))
    assert (completion.stop, completion.tokens) == (StopReason.END, needed)


def test_the_time_budget_stops_at_the_next_token(scripted_reasoner: Callable[..., Path]) -> None:
    completion = ask(load(scripted_reasoner(), max_seconds=1e-6))
    assert (completion.stop, completion.tokens) == (StopReason.TIME_BUDGET, 1)


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_cancel_stops_within_one_token(
    scripted_reasoner: Callable[..., Path], after: int
) -> None:
    cancel = CancelToken()
    pieces: list[str] = []

    def cancel_after(piece: str) -> None:
        pieces.append(piece)
        if len(pieces) == after:
            cancel.cancel()

    completion = ask(load(scripted_reasoner()), cancel_after, cancel)
    assert completion.stop is StopReason.CANCELED
    assert len(pieces) == after
    assert completion.text == "".join(pieces)


def test_a_cancel_that_came_first_costs_nothing(scripted_reasoner: Callable[..., Path]) -> None:
    cancel = CancelToken()
    cancel.cancel()
    assert ask(load(scripted_reasoner()), cancel=cancel) == Completion("", StopReason.CANCELED, 0)


def penalized(directory: Path, target: Path, penalty: float) -> Path:
    shutil.copytree(directory, target)
    config = target / "generation_config.json"
    settings = json.loads(config.read_text())
    # the sampling settings that such checkpoints ship must not matter
    settings |= {"repetition_penalty": penalty, "do_sample": True, "temperature": 0.1, "top_k": 1}
    config.write_text(json.dumps(settings))
    return target


def greedy_by_hand(reasoner: QwenReasoner, penalty: float, steps: int) -> list[int]:
    """Decode without cache, without generate: the whole sequence again for every token."""
    inputs = reasoner._inputs(image_of(), prompt_for(reasoner))
    ids = inputs.pop("input_ids")
    length = ids.shape[1]
    for _ in range(steps):
        grown = ids.shape[1] - inputs["attention_mask"].shape[1]
        mask = torch.nn.functional.pad(inputs["attention_mask"], (0, grown), value=1)
        types = torch.nn.functional.pad(inputs["mm_token_type_ids"], (0, grown), value=0)
        with torch.no_grad():
            logits = reasoner._model(
                **{**inputs, "attention_mask": mask, "mm_token_type_ids": types},
                input_ids=ids,
                use_cache=False,
            ).logits[0, -1]
        seen = ids[0].unique()
        logits[seen] = torch.where(logits[seen] < 0, logits[seen] * penalty, logits[seen] / penalty)
        ids = torch.cat([ids, logits.argmax().view(1, 1)], dim=1)
    return [int(token) for token in ids[0, length:]]


@pytest.mark.parametrize("penalty", [1.0, 1.05, 1.5])
def test_greedy_decoding_is_exact_and_honours_the_checkpoints_repetition_penalty(
    random_reasoner: Path, tmp_path: Path, penalty: float
) -> None:
    directory = penalized(random_reasoner, tmp_path / "model", penalty)
    reasoner = load(directory, max_new_tokens=12)
    ids = greedy_by_hand(reasoner, penalty, 12)
    expected = reasoner._inputs.tokenizer.decode(ids).rstrip("\ufffd")
    completion = ask(reasoner)
    assert completion.text == expected
    assert completion.tokens == 12


def test_a_setting_that_would_be_ignored_is_refused(random_reasoner: Path, tmp_path: Path) -> None:
    directory = Path(shutil.copytree(random_reasoner, tmp_path / "model"))
    config = directory / "generation_config.json"
    settings = json.loads(config.read_text()) | {"no_repeat_ngram_size": 3}
    config.write_text(json.dumps(settings))
    with pytest.raises(UnsupportedModelError, match="asks for no_repeat_ngram_size"):
        load(directory)


def test_the_penalty_matters_to_this_model(random_reasoner: Path) -> None:
    reasoner = load(random_reasoner)
    assert greedy_by_hand(reasoner, 1.0, 12) != greedy_by_hand(reasoner, 1.5, 12)


def test_eager_attention_decodes_the_same(random_reasoner: Path) -> None:
    profile = load_profile("demo", max_new_tokens=12)
    eager = QwenReasoner(
        random_reasoner, name="tiny", profile=profile, placement=place("cpu", "eager")
    )
    assert ask(eager).text == ask(load(random_reasoner, max_new_tokens=12)).text


def test_a_checkpoint_in_shards_is_the_same_model(random_reasoner: Path, tmp_path: Path) -> None:
    whole = load(random_reasoner, max_new_tokens=12)
    directory = Path(shutil.copytree(random_reasoner, tmp_path / "shards"))
    (directory / "model.safetensors").unlink()
    whole._model.save_pretrained(directory, max_shard_size="100KB")
    assert len(list(directory.glob("model-*.safetensors"))) > 2
    found = find_weights(str(directory), model_type="qwen2_5_vl")
    assert ask(load(found, max_new_tokens=12)) == ask(whole)


def test_the_image_is_as_large_as_the_bounds_say(scripted_reasoner: Callable[..., Path]) -> None:
    directory = scripted_reasoner()
    small = load(directory, max_pixels=16 * 784)
    large = load(directory, min_pixels=100 * 784)
    sizes = [prompt_for(reasoner).resized for reasoner in (small, large)]
    assert sizes[0].width * sizes[0].height <= 16 * 784
    assert sizes[1].width * sizes[1].height >= 100 * 784
    assert {ask(reasoner).text for reasoner in (small, large)} == {SCRIPT}


def test_an_answer_does_not_depend_on_the_image_before(random_reasoner: Path) -> None:
    fresh = load(random_reasoner, max_new_tokens=12)
    used = load(random_reasoner, max_new_tokens=12)
    other = Size(400, 200)
    used.reason(image_of(3, other), prompt_for(used, other, 5), lambda piece: None, CancelToken())
    assert ask(used) == ask(fresh)


def test_the_image_matters(random_reasoner: Path) -> None:
    reasoner = load(random_reasoner)
    prompt = prompt_for(reasoner)
    logits = []
    for image in (image_of(0), 255 - image_of(0)):
        with torch.no_grad():
            logits.append(reasoner._model(**reasoner._inputs(image, prompt)).logits[0, -1])
    assert not torch.allclose(logits[0], logits[1], atol=1e-3)


def test_nothing_is_warned_about(
    random_reasoner: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = penalized(random_reasoner, tmp_path / "model", 1.05)
    logging.warning_once.cache_clear()  # another test may have been warned before
    logging.enable_propagation()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ask(load(directory, max_new_tokens=2))
    finally:
        logging.disable_propagation()
    assert not [record for record in caplog.records if record.levelno >= WARNING]


def test_weights_as_pickle_are_not_loaded(random_reasoner: Path, tmp_path: Path) -> None:
    directory = Path(shutil.copytree(random_reasoner, tmp_path / "model"))
    torch.save({}, directory / "pytorch_model.bin")
    (directory / "model.safetensors").unlink()
    with pytest.raises(OSError, match="safetensors"):
        load(directory)
