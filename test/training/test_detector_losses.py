"""What the detector's training takes for an object's cells, boxes and words."""

from __future__ import annotations

import torch
from transformers import logging

from rex_thinker_ros.training.detector_losses import (
    Targets,
    confusion,
    dense_goals,
    detector_loss,
    focal,
    likeness,
    match,
    proposal_centers,
)
from rex_thinker_ros.training.detector_model import build_detector, build_tokenizer

logging.disable_progress_bar()

NAMES = torch.tensor([False, True, False, False])


def test_the_words_the_model_knows_by_number() -> None:
    ids = build_tokenizer()("mug. bowl.")["input_ids"]
    assert (ids[0], ids[-1], ids[2]) == (101, 102, 1012)
    assert build_tokenizer()("gizmo.")["input_ids"] == [101, 100, 1012, 102]


def test_cells_in_the_middle_of_a_box_are_its_own_and_its_rim_is_nobodys() -> None:
    centers = torch.tensor([[0.5, 0.5], [0.58, 0.5], [0.9, 0.9]])
    owner, ignored = dense_goals(centers, torch.tensor([[0.5, 0.5, 0.2, 0.2]]))
    assert owner.tolist() == [0, -1, -1]
    assert ignored.tolist() == [False, True, False]


def test_the_smaller_of_two_nested_objects_owns_the_shared_cell() -> None:
    boxes = torch.tensor([[0.5, 0.5, 0.1, 0.1], [0.5, 0.5, 0.4, 0.4]])
    owner, _ = dense_goals(torch.tensor([[0.5, 0.5], [0.41, 0.5]]), boxes)
    assert owner.tolist() == [0, 1]


def test_a_cell_of_what_is_behind_shows_it() -> None:
    boxes = torch.tensor([[0.5, 0.4, 0.2, 0.4], [0.5, 0.7, 0.2, 0.6]])  # the first ends at 0.6
    centers = torch.tensor([[0.5, 0.3], [0.5, 0.45], [0.5, 0.65]])
    owner, ignored = dense_goals(centers, boxes)
    assert owner.tolist() == [0, -1, 1]
    assert ignored.tolist() == [False, True, False]


def test_matching_pairs_each_object_with_its_box() -> None:
    boxes = torch.tensor([[0.7, 0.7, 0.2, 0.2], [0.1, 0.1, 0.1, 0.1], [0.2, 0.2, 0.2, 0.2]])
    targets = Targets(boxes[[2, 0]], torch.tensor([[0.0, 1.0], [0.0, 1.0]]), NAMES[:2])
    queries, objects = match(torch.zeros(3, 2), boxes, targets)
    assert dict(zip(queries.tolist(), objects.tolist(), strict=True)) == {0: 1, 2: 0}


def test_focal_loss_forgives_the_easy() -> None:
    sure, unsure = torch.tensor([4.0]), torch.tensor([0.0])
    assert focal(sure, torch.ones(1)) < 0.01 * focal(unsure, torch.ones(1))


def test_names_that_look_alike_to_the_model_cost_it() -> None:
    two = Targets(torch.zeros(0, 4), torch.zeros(0, 4), torch.tensor([False, True, False, True]))
    text = torch.tensor([[[9.0, 9.0], [1.0, 0.0], [9.0, 9.0], [0.0, 2.0]]])
    assert likeness(text, [two]) == 0
    assert likeness(torch.ones(1, 4, 2), [two]) > 0.99
    tokens = torch.tensor([[0.0, 1.0, 0.0, 0.0]])
    right, wrong = torch.tensor([[0.0, 5.0, 9.0, 0.0]]), torch.tensor([[0.0, 0.0, 9.0, 5.0]])
    assert confusion(right, tokens, two.names) < 0.1 < confusion(wrong, tokens, two.names)


def test_prompts_of_different_lengths_give_finite_losses() -> None:
    model, tokenizer = build_detector(), build_tokenizer()
    inputs = {**tokenizer(["mug.", "bowl. can. ball."], padding=True, return_tensors="pt")}
    inputs["pixel_values"] = torch.randn(2, 3, 256, 352)
    box = torch.tensor([[0.5, 0.5, 0.2, 0.3]])
    names = [(ids >= 200) & (ids < 1000) for ids in inputs["input_ids"]]
    targets = [Targets(box, (n & (n.cumsum(0) == 1))[None].float(), n) for n in names]
    losses = detector_loss(model, inputs, targets)
    assert all(torch.isfinite(loss) for loss in losses.values()), losses


def test_every_part_of_the_loss_reaches_the_model() -> None:
    torch.manual_seed(0)
    model, tokenizer = build_detector(), build_tokenizer()
    inputs = {**tokenizer(["mug.", "bowl."], return_tensors="pt")}
    inputs["pixel_values"] = torch.randn(2, 3, 256, 352)
    none = Targets(torch.zeros(0, 4), torch.zeros(0, 4), NAMES)
    one = Targets(torch.tensor([[0.5, 0.5, 0.2, 0.3]]), torch.tensor([[0.0, 1.0, 0.0, 0.0]]), NAMES)
    losses = detector_loss(model, inputs, [one, none])
    torch.stack(list(losses.values())).sum().backward()
    assert set(losses) == {"encoder", "likeness", "layer0", "layer1"}
    proposals = model.model.encoder_output_bbox_embed.layers[-1].weight
    assert proposals.grad is not None
    assert proposals.grad.abs().sum() > 0
    assert len(proposal_centers(256, 352)) == 22 * 16 + 11 * 8
