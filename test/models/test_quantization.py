"""The embedded pair in fewer bits, by the real libraries."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
from table import BOXES

from rex_thinker_ros.apps.image_files import read_image
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.memory.need import reasoner_need
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.quantization import QUANTIZATIONS, MissingQuantizerError
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import CommandParser
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import build_prompt
from rex_thinker_ros.referring.referrer import Referrer

IMAGE = read_image(Path(__file__).parents[1] / "data/tabletop.jpg")
ORANGE_MUG = Box(107, 292, 188, 395)
REDUCED = [name for name in QUANTIZATIONS if name != "none"]


def weight_bytes(model: torch.nn.Module) -> int:
    """Return what the parameters take, scales included."""
    return sum(_bytes(parameter) for parameter in model.parameters())


def _bytes(parameter: Any) -> int:
    if hasattr(parameter, "__tensor_flatten__"):  # torchao's
        return sum(getattr(parameter, name).nbytes for name in parameter.__tensor_flatten__()[0])
    state = getattr(parameter, "quant_state", None)  # of bitsandbytes
    return int(parameter.nbytes) + (state.absmax.nbytes if state else 0)


def logits(reasoner: Any) -> torch.Tensor:
    """Return the scores of every token of a prompt about the tabletop, (length, vocabulary)."""
    size = Size(*IMAGE.shape[1::-1])
    prompt = build_prompt(
        expression="orange mug",
        category="mug",
        candidates=[Candidate(1, ORANGE_MUG, 0.9)],
        image_size=size,
        bounds=reasoner.bounds,
    )
    with torch.inference_mode():
        found: torch.Tensor = reasoner._model(**reasoner._inputs(IMAGE, prompt)).logits[0]
    return found


@pytest.fixture(scope="module")
def plain() -> torch.Tensor:
    _, reasoner = load_models(load_profile("demo"), device="cpu")
    return logits(reasoner)


# int4 has 16 values for a number of these small layers
@pytest.mark.parametrize(("quantization", "least"), [("int8", 0.999), ("fp8", 0.99), ("int4", 0.9)])
def test_fewer_bits_take_what_was_told_and_see_the_same(
    plain: torch.Tensor, quantization: str, least: float
) -> None:
    profile = load_profile("demo", quantization=quantization)
    _, reasoner = load_models(profile, device="cpu")
    model: Any = vars(reasoner)["_model"]

    kept = {type(p) for p in model.model.visual.parameters()} | {type(model.lm_head.weight)}
    assert kept == {torch.nn.Parameter}, "what the boxes depend on stays as it is"
    projections = [layer.self_attn.q_proj.weight for layer in model.model.language_model.layers]
    assert torch.nn.Parameter not in {type(weight) for weight in projections}

    told = reasoner_need(Path(profile.reasoner), profile, number_bytes=4).weights
    assert weight_bytes(model) == pytest.approx(told, rel=0.15)
    likeness = torch.nn.functional.cosine_similarity(logits(reasoner), plain, dim=1)
    assert likeness.mean() > least
    assert likeness.min() < 1 - 1e-6, "nothing was quantized"


def test_a_quantized_pair_refers() -> None:
    models = load_models(load_profile("demo", quantization="int8"), device="cpu")
    command = CommandParser().parse("the orange mug")
    decision = Referrer(*models).refer(IMAGE, command, Observer(), CancelToken()).decision
    assert decision.outcome is Outcome.FOUND, decision.status_text
    assert decision.boxes[0].iou(BOXES["mug"]["orange"]) > 0.9


@pytest.mark.parametrize("quantization", REDUCED)
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, quantization: str) -> None:
    # as on a machine without the extra
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingQuantizerError, match=r"requirements/quantized\.txt"):
        load_models(load_profile("demo", quantization=quantization))


def test_another_word_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="none or int8 or fp8 or int4"):
        load_profile("demo", quantization="int2")


def test_a_servers_weights_are_its_own_matter() -> None:
    with pytest.raises(ValueError, match="server"):
        load_profile("demo", server="http://box", quantization="int8")
