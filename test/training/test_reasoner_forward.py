"""The fast training pass is the stock model, only cheaper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from noise import noise_scene

from rex_thinker_ros.training.batches import make_batch
from rex_thinker_ros.training.course import Course
from rex_thinker_ros.training.reasoner_forward import see, think
from rex_thinker_ros.training.reasoner_model import build_reasoner
from rex_thinker_ros.training.tokenizer import build_tokenizer
from rex_thinker_ros.training.train_reasoner import AFTER_IMAGE, BEFORE_IMAGE, Trainer, sum_weighted


def test_logits_equal_the_stock_model() -> None:
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    model = build_reasoner(tokenizer).eval()
    scenes = [noise_scene(1), noise_scene(2)]
    batch = make_batch(scenes, 2, tokenizer, np.random.default_rng(0), with_image=True)
    before, after = (
        torch.tensor(tokenizer(text, add_special_tokens=False)["input_ids"])
        for text in (BEFORE_IMAGE, AFTER_IMAGE)
    )
    grid = (batch.cells[0] * 2, batch.cells[1] * 2)
    with torch.no_grad():
        assert batch.pixels is not None
        hidden = think(
            model, prefix_ids=(before, after), vision=see(model, batch.pixels, grid),
            cells=batch.cells, ids=batch.ids, early_layer=1, guided=(),
        )  # fmt: skip
        fast = model.lm_head(hidden.last)
        for row in range(4):
            ids = batch.ids.flatten(0, 1)[row]
            pads = torch.full((grid[0] * grid[1] // 4,), model.config.image_token_id)
            whole = torch.cat([before, pads, after, ids])[None]
            one_frame = batch.pixels[row // 2].view(-1, 3, 1, 196)
            stock = model(
                input_ids=whole, mm_token_type_ids=(whole == pads[0]).long(),
                pixel_values=one_frame.expand(-1, -1, 2, -1).flatten(1),
                image_grid_thw=torch.tensor([[1, *grid]]),
            ).logits[0, -len(ids) :]  # fmt: skip
            assert torch.allclose(fast[row], stock, atol=2e-4)


@pytest.mark.parametrize("with_image", [False, True], ids=["text only", "with the image"])
def test_training_lowers_the_loss(with_image: bool, tmp_path: Path) -> None:
    trainer = Trainer([noise_scene(1)], tmp_path, None, None)
    batch = make_batch(
        trainer.scenes, 2, trainer.tokenizer, np.random.default_rng(0), with_image=with_image
    )
    first = trainer.losses(batch)
    course = Course(trainer.optimizer, minutes=60, rate=1e-3, warm_up=1)
    for same in course.each([batch] * 12):
        course.learn(sum_weighted(trainer.losses(same)))
    assert trainer.losses(batch)["next"] < 0.8 * first["next"]
    assert set(first) >= {"next", "place", "copy"}
    assert ("look" in first) == with_image


@pytest.mark.parametrize("start", ["reasoner", "state.pt"])
def test_training_goes_on_from_what_was_saved(start: str, tmp_path: Path) -> None:
    trainer = Trainer([noise_scene(1)], tmp_path, None, None)
    trainer.save()
    torch.manual_seed(1)
    again = Trainer([noise_scene(1)], tmp_path, tmp_path / start, None)
    saved = trainer.model.state_dict()
    for name, tensor in again.model.state_dict().items():
        assert torch.allclose(tensor, saved[name], atol=1e-3), name  # half precision
