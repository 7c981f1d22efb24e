"""The backbone's own training: labelled cells, and a loss that falls."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tabletops import IMAGE, random_objects
from transformers import AutoBackbone

from rex_thinker_ros.training.course import Course
from rex_thinker_ros.training.detector_model import (
    COARSE,
    FINE,
    Sight,
    backbone_config,
    build_detector,
)
from rex_thinker_ros.training.effects import to_jpeg
from rex_thinker_ros.training.store import StoredScene
from rex_thinker_ros.training.train_backbone import (
    NOTHING,
    CellHeads,
    CellMaker,
    backbone_loss,
)
from rex_thinker_ros.training.vocabulary import CATEGORIES

NOISE = np.random.default_rng(0).integers(0, 255, (IMAGE.height, IMAGE.width, 3), np.uint8)
SCENE = StoredScene(to_jpeg(NOISE, 90), IMAGE, tuple(random_objects(3)))


@pytest.mark.parametrize("sight", [COARSE, FINE], ids=["coarse", "fine"])
def test_every_object_owns_a_cell_in_its_box(sight: Sight) -> None:
    maker = CellMaker([SCENE], 1, seed=0, size=sight.size)
    batch = maker.make()
    here = (batch.categories[0] >= 0) & (batch.categories[0] != NOTHING)
    centers, boxes = maker.centers[here], batch.boxes[0][here]
    near = 0.06  # a small object may have only the cell next to its middle
    assert (centers > boxes[:, :2] - near).all()
    assert (centers < boxes[:, 2:] + near).all()
    named = {CATEGORIES[int(n)] for n in batch.categories[0][here]}
    assert named == {item.category for item in SCENE.objects}


def test_training_lowers_the_loss_and_fits_into_the_detector() -> None:
    torch.manual_seed(0)
    maker = CellMaker([SCENE], 2, seed=0)
    backbone = AutoBackbone.from_config(backbone_config()).train()
    heads = CellHeads(backbone.channels)
    batch = maker.make()
    optimizer = torch.optim.AdamW([*backbone.parameters(), *heads.parameters()], lr=3e-3)
    course = Course(optimizer, minutes=60, rate=3e-3, warm_up=1, clip=5.0)
    values = []
    for same in course.each([batch] * 8):
        losses = backbone_loss(backbone, heads, same, maker.centers)
        total = losses["name"] + losses["empty"] + losses["box"]
        course.learn(total)
        values.append(float(total.detach()))
    assert values[-1] < 0.8 * values[0]
    target = build_detector().model.backbone.conv_encoder.model
    target.load_state_dict(backbone.state_dict())
