"""The reasoner's losses: the next token, and training-only guidance for seeing and copying."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from rex_thinker_ros.referring.prompt import PATCH_PIXELS
from rex_thinker_ros.training.attention_losses import (
    Wish,
    all_over_cells,
    at_sources,
    attention_losses,
    over_cells,
)
from rex_thinker_ros.training.batches import Batch
from rex_thinker_ros.training.cells import IGNORE
from rex_thinker_ros.training.reasoner_forward import Hidden
from rex_thinker_ros.training.reasoner_model import WIDTH
from rex_thinker_ros.training.tokenizer import NUMBERS
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS

EARLY_LAYER = 1
LOOK_HEADS = ((2, 0), (3, 0))  # (layer, head) that look at the pixels under a box
SEEK_HEADS = ((3, 3), (4, 3))  # (layer, head) that look for what has been named
COPY_HEADS = ((2, 1), (3, 1))  # (layer, head) that find what is to be repeated
EVIDENCE_HEADS = ((1, 2), (2, 2))  # (layer, head) that find what decides a mark or a choice
LINE_HEADS = ((0, 2), (1, 1))  # (layer, head) that find the number a line begins with
ASKED_HEADS = ((1, 3),)  # (layer, head) that find what is seen in the question
GUIDED_LAYERS = tuple(
    sorted(
        {
            layer
            for heads in (
                LOOK_HEADS,
                SEEK_HEADS,
                COPY_HEADS,
                EVIDENCE_HEADS,
                LINE_HEADS,
                ASKED_HEADS,
            )
            for layer, _ in heads
        }
    )
)
PERIODS = (64.0, 160.0, 400.0, 1000.0)  # pixels
NEAR = 2.0  # standard deviation in pixels of what still counts for a measured number


class Guides(nn.Module):
    """Heads that exist in training only: positions for tokens, names for image cells."""

    def __init__(self) -> None:
        super().__init__()
        self.position = nn.Linear(WIDTH, 4 * len(PERIODS))
        self.sought = nn.Linear(WIDTH, 4 * len(PERIODS))
        self.extent = nn.Linear(WIDTH, 2)
        self.color = nn.Linear(WIDTH, len(COLORS) + 1)
        self.category = nn.Linear(WIDTH, len(CATEGORIES) + 1)


def waves(centers: torch.Tensor) -> torch.Tensor:
    """Return (n, 4 * periods) sines and cosines of (n, 2) centres in resized pixels."""
    phases = centers[:, :, None] * (2 * math.pi / torch.tensor(PERIODS))
    return torch.cat([phases.sin(), phases.cos()], -1).flatten(1)


def cell_centers(cells: tuple[int, int]) -> torch.Tensor:
    """Return the (cells, 2) centres x, y of the image cells in resized pixels."""
    rows, columns = torch.meshgrid(torch.arange(cells[0]), torch.arange(cells[1]), indexing="ij")
    return (torch.stack([columns, rows], -1).view(-1, 2) + 0.5) * PATCH_PIXELS


class NextToken:
    """Cross entropy of the next token; measured numbers are graded against a narrow bell."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        distance = torch.arange(NUMBERS)[:, None] - torch.arange(NUMBERS)[None]
        bell = torch.exp(-((distance / NEAR) ** 2) / 2)
        self.bell = torch.zeros(len(tokenizer), len(tokenizer))
        for form in ("{}", "{}, "):
            ids = torch.tensor(
                tokenizer.convert_tokens_to_ids([form.format(n) for n in range(NUMBERS)])
            )
            self.bell[ids[:, None], ids[None]] = bell / bell.sum(1, keepdim=True)

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, measured: torch.Tensor
    ) -> torch.Tensor:
        """Return the mean loss over (n, vocabulary) logits of graded tokens."""
        losses = functional.cross_entropy(logits, targets, reduction="none")
        if measured.any():
            near = torch.log_softmax(logits[measured], -1) * self.bell[targets[measured]]
            losses = losses.masked_scatter(measured, -near.sum(-1))
        return losses.mean()


def guidance(
    guides: Guides, batch: Batch, hidden: Hidden, prefix: tuple[int, int]
) -> dict[str, torch.Tensor]:
    """Return the auxiliary losses by name; `prefix`: tokens before and after the image cells."""
    losses = {}
    ends = hidden.early[batch.ends[:, 0], batch.ends[:, 1]]
    corners = batch.end_boxes
    centers = (corners[:, :2] + corners[:, 2:]) / 2
    losses["place"] = functional.mse_loss(guides.position(ends), waves(centers))
    sides = corners[:, 2:] - corners[:, :2]
    boxes = sides.amin(1) > 0  # a point has no extent
    losses["extent"] = functional.mse_loss(guides.extent(ends[boxes]), sides[boxes].log2() - 5)
    size = 0
    wishes: list[Wish] = []
    if hidden.vision is not None and hidden.early_image is not None:
        cells = batch.cells[0] * batch.cells[1]
        size = prefix[0] + cells + prefix[1]
        goal = waves(cell_centers(batch.cells)).expand(len(hidden.early_image), -1, -1)
        losses["place"] = losses["place"] + functional.mse_loss(
            guides.position(hidden.early_image), goal
        )
        seen = slice(prefix[0], prefix[0] + cells)
        wishes += [
            all_over_cells("look", batch.looks, batch.look_masks, LOOK_HEADS, seen),
            over_cells("seek", batch.seeks, batch.seek_masks, SEEK_HEADS, seen),
            # heads that find nothing rest on the first token of all, from which that can be told
            over_cells(
                "absent", batch.absent, torch.ones(len(batch.absent), 1), SEEK_HEADS, slice(0, 1)
            ),
        ]
        if len(batch.seeks):
            states = hidden.last[batch.seeks[:, 0], batch.seeks[:, 1]]
            losses["sought"] = functional.mse_loss(guides.sought(states), waves(batch.seek_points))
        for name, head, labels in (
            ("color", guides.color, batch.cell_colors),
            ("category", guides.category, batch.cell_categories),
        ):
            logits = head(hidden.vision).flatten(0, 1)
            weight = torch.ones(logits.shape[1])
            weight[0] = 0.15
            losses[name] = functional.cross_entropy(
                logits, labels.flatten(), weight, ignore_index=IGNORE
            )
    for name, pairs, heads in (
        ("copy", batch.copies, COPY_HEADS),
        ("evidence", batch.evidence, EVIDENCE_HEADS),
        ("line", batch.lines, LINE_HEADS),
        ("asked", batch.asked, ASKED_HEADS),
    ):
        wishes.append(at_sources(name, pairs, heads, before=size))
    return losses | attention_losses(hidden.attention, wishes)
