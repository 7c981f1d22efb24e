"""What is learned from is what the node asks; probabilities are those of the stock model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from small_policies import BOUNDS, BOXES, Noise, lesson, policy, random_checkpoint

from rex_thinker_ros.models.qwen_inputs import QwenInputs
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.prompt import build_prompt
from rex_thinker_ros.training.fine_tuning.completions import Turn, log_probs
from rex_thinker_ros.training.tokenizer import build_tokenizer


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_checkpoint(tmp_path_factory.mktemp("checkpoint"))


def test_the_prompt_is_the_nodes(checkpoint: Path) -> None:
    prompt = build_prompt(
        expression="red mug", category="mug",
        candidates=[Candidate(number, box, 0.4) for number, box in enumerate(BOXES, 1)],
        image_size=Size(200, 120), bounds=BOUNDS,
    )  # fmt: skip
    asked = QwenInputs(checkpoint, BOUNDS)(Noise().read("1"), prompt)
    turn = policy(checkpoint).turn(lesson())
    assert torch.equal(turn.pixels, asked.pop("pixel_values"))
    assert all(torch.equal(turn.tokens[name], value) for name, value in asked.items())


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen tower", "learning tower"])
def test_probabilities_are_the_stock_models(checkpoint: Path, frozen: bool) -> None:
    learner = policy(checkpoint, frozen=frozen)
    turn = learner.turn(lesson())
    long = learner.ids_of(lesson().completion)
    both = learner.log_probs(turn, [long, long[:5]], 0.7)
    with torch.no_grad():
        whole = torch.cat([turn.tokens["input_ids"], long[None]], 1)
        stock = learner.model(
            input_ids=whole, pixel_values=turn.pixels,
            image_grid_thw=turn.tokens["image_grid_thw"],
            mm_token_type_ids=(whole == learner.model.config.image_token_id).long(),
        ).logits[0, -len(long) - 1 : -1]  # fmt: skip
    expected = torch.log_softmax(stock / 0.7, -1).gather(1, long[:, None])[:, 0]
    torch.testing.assert_close(both[0], expected, atol=2e-4, rtol=1e-4)
    torch.testing.assert_close(both[1, :5], expected[:5], atol=2e-4, rtol=1e-4)
    assert not both[1, 5:].any()


@pytest.mark.parametrize(
    ("options", "learns", "rests"),
    [
        pytest.param({}, ["language_model.layers.0.mlp"], ["visual"], id="all but the tower"),
        pytest.param({"frozen": False}, ["visual.blocks", "layers.5"], [], id="all"),
        pytest.param(
            {"lora": True}, ["self_attn.q_proj.lora_A", "mlp.down_proj.lora_B"],
            ["visual", "base_layer", "embed_tokens", "norm"], id="adapters",
        ),
        pytest.param(
            {"lora": True, "frozen": False}, ["visual.blocks.0.attn.qkv.lora_A", "q_proj.lora_A"],
            ["patch_embed", "merger", "base_layer"], id="adapters in the tower too",
        ),
    ],
)  # fmt: skip
def test_what_learns_gets_gradients(
    checkpoint: Path, options: dict[str, Any], learns: list[str], rests: list[str]
) -> None:
    learner = policy(checkpoint, **options)
    turn = learner.turn(lesson())
    learner.log_probs(turn, [learner.ids_of("<think>")]).sum().backward()
    names = [name for name, weights in learner.learning().items() if weights.grad is not None]
    assert names == list(learner.learning())
    assert all(any(part in name for name in names) for part in learns)
    assert not any(part in name for part in rests for name in names)


@pytest.mark.parametrize("lora", [False, True], ids=["full", "LoRA"])
def test_bfloat16_computes_about_the_same_with_weights_that_stay_exact(
    checkpoint: Path, lora: bool
) -> None:
    exact, half = policy(checkpoint), policy(checkpoint, lora=lora, dtype="bfloat16")
    assert {weights.dtype for weights in half.learning().values()} == {torch.float32}
    assert half.model.model.visual.merger.mlp[0].weight.dtype is torch.bfloat16
    ids = [exact.ids_of(lesson().completion)]
    ours = half.log_probs(half.turn(lesson()), ids)
    theirs = exact.log_probs(exact.turn(lesson()), ids)
    assert abs((ours - theirs).mean().item()) < 0.05
    ours.sum().backward()
    assert all(weights.grad is not None for weights in half.learning().values())
    reference = half.reference_log_probs(half.turn(lesson()), ids, 1.0)
    torch.testing.assert_close(reference, ours.detach(), atol=0.15, rtol=0.02)
    (drawn,) = half.draw(half.turn(lesson()), 1, temperature=1.0, max_new_tokens=3)
    assert 1 <= len(drawn.ids) <= 3


@pytest.mark.parametrize("lora", [False, True], ids=["full", "LoRA"])
def test_layers_that_are_computed_again_give_the_same_gradients(
    checkpoint: Path, lora: bool
) -> None:
    gradients = []
    for again in (False, True):
        torch.manual_seed(0)
        learner = policy(checkpoint, lora=lora, frozen=lora, gradient_checkpointing=again)
        turn = learner.turn(lesson())
        learner.log_probs(turn, [learner.ids_of("<think>mug")]).sum().backward()
        gradients.append([weights.grad for weights in learner.learning().values()])
        assert len(learner.draw(turn, 1, temperature=0.0, max_new_tokens=2)) == 1
    for kept, computed in zip(*gradients, strict=True):
        torch.testing.assert_close(kept, computed)


@pytest.mark.parametrize("lora", [False, True], ids=["full", "LoRA"])
def test_the_reference_stays_where_the_policy_began(checkpoint: Path, lora: bool) -> None:
    learner = policy(checkpoint, lora=lora)
    turn, ids = learner.turn(lesson()), [learner.ids_of("mug")]
    began = learner.log_probs(turn, ids).detach()
    with torch.no_grad():
        for weights in learner.learning().values():
            weights.add_(0.05)
    assert not torch.allclose(learner.log_probs(turn, ids).detach(), began, atol=1e-3)
    reference = learner.reference_log_probs(turn, ids, 1.0)
    torch.testing.assert_close(reference, began, atol=1e-5, rtol=1e-5)


def test_completions_are_drawn_at_their_probabilities(checkpoint: Path) -> None:
    learner = policy(checkpoint)
    turn = learner.turn(lesson())
    torch.manual_seed(0)
    drawn = learner.draw(turn, 5, temperature=1.0, max_new_tokens=3)
    assert [len(item.ids) <= 3 for item in drawn] == [True] * 5  # in three batches
    assert len({tuple(item.ids.tolist()) for item in drawn}) > 1
    (likeliest,) = learner.draw(turn, 1, temperature=0.0, max_new_tokens=1)
    options = [torch.tensor([token]) for token in range(0, len(build_tokenizer()), 7)]
    options.append(likeliest.ids)
    with torch.no_grad():
        scores = [learner.log_probs(turn, [ids])[0, 0].item() for ids in options[-40:]]
    assert scores[-1] == max(scores)


def test_an_end_ends_a_completion(checkpoint: Path) -> None:
    learner = policy(checkpoint)
    end = learner.ids_of("")
    ended = learner._drawn(torch.cat([learner.ids_of("mug"), end, end]))
    assert (ended.text, ended.complete) == ("mug", True)
    assert torch.equal(ended.ids, learner.ids_of("mug"))
    cut = learner._drawn(learner.ids_of("mug")[:-1])
    assert (cut.text, cut.complete) == ("mug", False)


def test_turns_are_seen_anew_where_the_tower_learns(checkpoint: Path) -> None:
    learner = policy(checkpoint, frozen=False)
    turn = learner.turn(lesson())
    assert turn.vision is None
    ids = [learner.ids_of("mug")]
    before = log_probs(learner.model, turn, ids).detach()
    with torch.no_grad():
        learner.model.model.visual.merger.mlp[2].bias += 1.0
    assert isinstance(turn, Turn)
    assert not torch.allclose(log_probs(learner.model, turn, ids).detach(), before)
