"""Losses that train a Grounding DINO from nothing.

The stock loss gives the encoder's proposals no gradient when nothing is pre-trained; here they
are trained densely, and every decoder layer by Hungarian matching.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy.optimize import linear_sum_assignment
from torch.nn import functional
from transformers import GroundingDinoForObjectDetection
from transformers.image_transforms import center_to_corners_format
from transformers.loss.loss_for_object_detection import generalized_box_iou
from transformers.models.grounding_dino.modeling_grounding_dino import GroundingDinoModelOutput

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.training.hiding import hides

ALPHA, GAMMA = 0.25, 2.0
STRIDES = (16, 32)


@dataclass(frozen=True)
class Targets:
    """One image's objects: boxes (n, 4) as centre and size in parts of the image's sides,
    `tokens` (n, text length), 1 at the token that names the object, and `names` (text length),
    true at every token of the prompt that names something."""

    boxes: torch.Tensor
    tokens: torch.Tensor
    names: torch.Tensor


def focal(logits: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
    """Return the summed focal loss."""
    p = logits.sigmoid()
    plain = functional.binary_cross_entropy_with_logits(logits, goal, reduction="none")
    wrong = p * (1 - goal) + (1 - p) * goal
    weight = ALPHA * goal + (1 - ALPHA) * (1 - goal)
    return (weight * wrong**GAMMA * plain).sum()


def box_losses(boxes: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
    """Return the summed L1 and GIoU losses of (n, 4) pairs, weighted as upstream."""
    if not len(boxes):
        return boxes.sum()
    overlap = generalized_box_iou(
        center_to_corners_format(boxes), center_to_corners_format(goal)
    ).diag()
    return 5 * (boxes - goal).abs().sum() + 2 * (1 - overlap).sum()


def confusion(logits: torch.Tensor, tokens: torch.Tensor, names: torch.Tensor) -> torch.Tensor:
    """Return the summed cross entropy of objects (n, text length) among the prompt's names.

    Without it the names' features grow alike, and the model finds objects of any kind.
    """
    if not len(logits) or names.sum() < 2:
        return torch.zeros(())  # not a product with 0: padded tokens are at minus infinity
    right = tokens[:, names].argmax(1)
    return functional.cross_entropy(logits[:, names], right, reduction="sum")


def likeness(text: torch.Tensor, targets: Sequence[Targets]) -> torch.Tensor:
    """Return the mean squared cosine between the features of a prompt's different names."""
    total = text.sum() * 0
    for row, target in enumerate(targets):
        directions = functional.normalize(text[row][target.names], dim=-1)
        others = ~torch.eye(len(directions), dtype=torch.bool)
        if others.any():
            total = total + (directions @ directions.T)[others].square().mean()
    return total / len(targets)


def match(
    logits: torch.Tensor, boxes: torch.Tensor, targets: Targets
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the best one-to-one (queries, objects) by class, L1 and GIoU."""
    with torch.no_grad():
        p = logits.sigmoid() @ (targets.tokens / targets.tokens.sum(1, keepdim=True)).T
        overlap = generalized_box_iou(
            center_to_corners_format(boxes), center_to_corners_format(targets.boxes)
        )
        cost = -2 * p + 5 * torch.cdist(boxes, targets.boxes, p=1) - 2 * overlap
        rows, columns = linear_sum_assignment(cost.numpy())
    return torch.as_tensor(rows), torch.as_tensor(columns)


def dense_goals(proposals: torch.Tensor, boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Assign proposal centres (n, 2) to objects: index or -1, and which are to be ignored.

    `boxes`: (objects, 4) as centre and size, like the proposals in parts of the image's sides.

    A proposal belongs to the smallest object whose core (the inner half of its box) holds it,
    nothing nearer being before it there; the nearest proposal always belongs to it; the rest of a
    box is ignored.
    """
    corners = center_to_corners_format(boxes)
    inside = ((proposals[:, None] > corners[:, :2]) & (proposals[:, None] < corners[:, 2:])).all(2)
    visible = [Box(*row) for row in corners.tolist()]
    owner = torch.full((len(proposals),), -1)
    for index in torch.argsort(-boxes[:, 2] * boxes[:, 3]).tolist():
        offset = (proposals - boxes[index, :2]).abs() / boxes[index, 2:]
        nearer = torch.tensor([hides(other, visible[index]) for other in visible])
        hidden = inside[:, nearer].any(1)
        core = (offset < 0.25).all(1) & ~hidden
        distance = offset.square().sum(1) + 1.0 * hidden + 2.0 * ~inside[:, index]
        core[distance.argmin()] = True
        owner[core] = index
    return owner, inside.any(1) & (owner < 0)


def detector_loss(
    model: GroundingDinoForObjectDetection, inputs: dict[str, torch.Tensor],
    targets: Sequence[Targets], *, proposals_only: bool = False,
) -> dict[str, torch.Tensor]:  # fmt: skip
    """Return the losses of the encoder's proposals and of each decoder layer."""
    outputs = model.model(**inputs)
    length = inputs["input_ids"].shape[1]
    count = max(1, sum(len(t.boxes) for t in targets))
    centers = proposal_centers(*inputs["pixel_values"].shape[2:])
    losses = {
        "encoder": _dense(outputs, centers, targets, length) / count,
        "likeness": likeness(outputs.encoder_last_hidden_state_text, targets),
    }
    if proposals_only:
        return losses
    mask = inputs["attention_mask"].bool()
    for level in range(outputs.intermediate_hidden_states.shape[1]):
        states = outputs.intermediate_hidden_states[:, level]
        reference = (
            outputs.init_reference_points
            if level == 0
            else outputs.intermediate_reference_points[:, level - 1]
        )
        logits = model.class_embed[level](
            vision_hidden_state=states,
            text_hidden_state=outputs.encoder_last_hidden_state_text, text_token_mask=mask,
        )[..., :length]  # fmt: skip
        boxes = (
            model.bbox_embed[level](states) + torch.special.logit(reference, eps=1e-5)
        ).sigmoid()
        losses[f"layer{level}"] = _matched(logits, boxes, targets, mask) / count
    return losses


def _matched(
    logits: torch.Tensor, boxes: torch.Tensor, targets: Sequence[Targets], mask: torch.Tensor
) -> torch.Tensor:
    total = torch.zeros(())
    for row, target in enumerate(targets):
        valid = mask[row]
        goal = torch.zeros(logits.shape[1], int(valid.sum()))
        if len(target.boxes):
            queries, objects = match(logits[row][:, valid], boxes[row], _only(target, valid))
            goal[queries] = target.tokens[objects][:, valid]
            total = total + box_losses(boxes[row, queries], target.boxes[objects])
            total = total + 0.5 * confusion(
                logits[row][queries], target.tokens[objects], target.names
            )
        total = total + 2 * focal(logits[row][:, valid], goal)
    return total


def _only(target: Targets, valid: torch.Tensor) -> Targets:
    return Targets(target.boxes, target.tokens[:, valid], target.names[valid])


def proposal_centers(height: int, width: int) -> torch.Tensor:
    """Return (n, 2) centres of the encoder's cells in parts of the image's sides.

    The backbone's outputs have strides 16 and 32, which divide the image's sides.
    """
    levels = []
    for stride in STRIDES:
        grid = (height // stride, width // stride)
        y, x = torch.meshgrid(torch.arange(grid[0]), torch.arange(grid[1]), indexing="ij")
        levels.append(torch.stack([(x + 0.5) / grid[1], (y + 0.5) / grid[0]], -1).view(-1, 2))
    return torch.cat(levels)


def _dense(
    outputs: GroundingDinoModelOutput, cell_centers: torch.Tensor, targets: Sequence[Targets],
    length: int,
) -> torch.Tensor:  # fmt: skip
    classes = outputs.enc_outputs_class[..., :length]
    coordinates = outputs.enc_outputs_coord_logits
    total = torch.zeros(())
    for row, target in enumerate(targets):
        usable = torch.isfinite(coordinates[row]).all(1)
        valid = torch.isfinite(classes[row]).all(0)
        logits = classes[row][usable][:, valid]
        boxes = coordinates[row][usable].sigmoid()
        goal = torch.zeros_like(logits)
        if len(target.boxes):
            centers = cell_centers[usable]
            owner, ignored = dense_goals(centers, target.boxes)
            mine = owner >= 0
            goal[mine] = target.tokens[owner[mine]][:, valid]
            total = total + 0.5 * box_losses(boxes[mine], target.boxes[owner[mine]])
            total = total + 0.5 * confusion(
                logits[mine], target.tokens[owner[mine]][:, valid], target.names[valid]
            )
            logits, goal = logits[~ignored], goal[~ignored]
        total = total + focal(logits, goal)
    return total
