"""Batches for the reasoner: several questions about each of a few images of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.prompt import PATCH_PIXELS, smart_resize
from rex_thinker_ros.training.ahead import made_ahead
from rex_thinker_ros.training.asking import DRILLED_KINDS, LEARNED_KINDS
from rex_thinker_ros.training.cells import IGNORE, cell_labels, cell_mask
from rex_thinker_ros.training.disturbances import spoil
from rex_thinker_ros.training.examples import (
    BOUNDS,
    Example,
    draw_finds,
    draw_question,
    encode,
    resize_objects,
)
from rex_thinker_ros.training.reasoner_model import image_processor
from rex_thinker_ros.training.scene_object import SceneObject
from rex_thinker_ros.training.store import StoredScene
from rex_thinker_ros.training.traces import write_finds
from rex_thinker_ros.training.vocabulary import CATEGORIES

DRILLS = 2  # of the questions about each image; what is named is the slowest to be found


@dataclass(frozen=True)
class Batch:
    """Tokens (images, questions, n), targets of the same shape, pixels and annotations.

    `targets[..., i]` is what follows token i, IGNORE where it is not graded. Annotations name
    flattened (image * questions + question) sequences; `looks` and `ends` go with masks or boxes
    over the image's cells in resized pixels.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    measured: torch.Tensor
    pixels: torch.Tensor | None
    cells: tuple[int, int]
    cell_colors: torch.Tensor
    cell_categories: torch.Tensor
    copies: torch.Tensor  # (n, 3): sequence, position, source; the next three likewise
    evidence: torch.Tensor
    lines: torch.Tensor
    asked: torch.Tensor
    looks: torch.Tensor  # (n, 2): sequence, position
    look_masks: torch.Tensor  # (n, cells)
    seeks: torch.Tensor  # (n, 2): sequence, position
    seek_masks: torch.Tensor  # (n, cells)
    seek_points: torch.Tensor  # (n, 2) where the sought stands, in resized pixels
    absent: torch.Tensor  # (n, 2): sequence, position where nothing is to be found
    ends: torch.Tensor  # (n, 2): sequence, position
    end_boxes: torch.Tensor  # (n, 4) corners in resized pixels; a point has no extent


def make_batch(
    scenes: Sequence[StoredScene], questions: int, tokenizer: PreTrainedTokenizerFast,
    rng: np.random.Generator, *, with_image: bool,
) -> Batch:  # fmt: skip
    """Draw questions about scenes that are resized to one size, and lay them out as tensors."""
    resized = smart_resize(scenes[0].size, BOUNDS)
    cells = (resized.height // PATCH_PIXELS, resized.width // PATCH_PIXELS)
    examples = []
    kinds = LEARNED_KINDS if with_image else DRILLED_KINDS
    drills = DRILLS if with_image else 0
    for scene in scenes:
        objects = scene.objects if with_image else crowd(scene.objects, rng)
        drawn = [draw_question(objects, scene.size, rng, kinds) for _ in range(questions)]
        examples += [encode(question, resized, tokenizer) for question in drawn[drills:]]
        for question in drawn[:drills]:
            finds = write_finds(question, draw_finds(scene.objects, scene.size, rng))
            examples.append(encode(question, resized, tokenizer, finds))
    length = max(len(e.ids) for e in examples) - 1
    ids = np.zeros((len(examples), length), np.int64)
    targets = np.full((len(examples), length), IGNORE, np.int64)
    measured = np.zeros((len(examples), length), bool)
    for row, example in enumerate(examples):
        n = len(example.ids) - 1
        ids[row, :n] = example.ids[:-1]
        start = example.answer_start - 1
        targets[row, start:n] = example.ids[start + 1 :]
        measured[row, [m - 1 for m in example.measured]] = True
        targets[row, [at - 1 for at in example.free]] = IGNORE
        if not with_image:
            targets[row, [at - 1 for at, _ in (*example.looks, *example.seeks)]] = IGNORE
            targets[row, [at - 1 for at in example.absent]] = IGNORE
    tables = [resize_objects(scene.objects, scene.size) for scene in scenes]
    labels = [cell_labels(seen, cells) for seen in tables]
    others = [[item.box for item in seen] for seen in tables for _ in range(questions)]
    shape = (len(scenes), questions, length)
    return Batch(
        torch.from_numpy(ids).view(shape), torch.from_numpy(targets).view(shape),
        torch.from_numpy(measured).view(shape),
        torch.stack([patches(spoil(s.image(), rng)) for s in scenes]) if with_image else None,
        cells, torch.stack([c for c, _ in labels]), torch.stack([c for _, c in labels]),
        *_annotations(examples, others, cells),
    )  # fmt: skip


def crowd(objects: Sequence[SceneObject], rng: np.random.Generator) -> Sequence[SceneObject]:
    """Return the objects, half of the times with all but one of the same category.

    For text alone: more candidates to compare and to sort than most tables show.
    """
    if rng.random() < 0.5:
        return objects
    category, odd = str(rng.choice(CATEGORIES)), int(rng.integers(len(objects)))
    return [o if i == odd else replace(o, category=category) for i, o in enumerate(objects)]


def _annotations(
    examples: Sequence[Example], others: Sequence[Sequence[Box]], cells: tuple[int, int]
) -> tuple[torch.Tensor, ...]:
    """Return the batch's annotations; `others`: all boxes of each example's scene."""

    def pairs(name: str, *, shift: int) -> torch.Tensor:
        found = [
            (row, at - shift, source)
            for row, example in enumerate(examples)
            for at, source in getattr(example, name)
        ]
        return torch.tensor(found, dtype=torch.long).view(-1, 3)

    def sights(name: str) -> tuple[torch.Tensor, torch.Tensor]:
        found = [(r, at - 1, box) for r, e in enumerate(examples) for at, box in getattr(e, name)]
        masks = [cell_mask(box, others[row], cells) for row, _, box in found]
        positions = torch.tensor([(row, at) for row, at, _ in found], dtype=torch.long)
        shape = (-1, cells[0] * cells[1])
        return positions.view(-1, 2), torch.tensor(np.array(masks, np.float32)).view(shape)

    stands = [(box.center[0], box.y1) for e in examples for _, box in e.seeks]
    absent = [(row, at - 1) for row, e in enumerate(examples) for at in e.absent]
    ends = [(row, at) for row, e in enumerate(examples) for at, _ in e.box_ends]
    boxes = [box.as_tuple() for e in examples for _, box in e.box_ends]
    return (
        pairs("copies", shift=1),
        pairs("evidence", shift=1),
        pairs("lines", shift=0),
        pairs("asked", shift=0),
        *sights("looks"),
        *sights("seeks"),
        torch.tensor(stands, dtype=torch.float32).view(-1, 2),
        torch.tensor(absent, dtype=torch.long).view(-1, 2),
        torch.tensor(ends),
        torch.tensor(boxes, dtype=torch.float32),
    )


def patches(image: np.ndarray) -> torch.Tensor:
    """Return (patches, 588): the stock processor's patches without the repeated frame."""
    pixels = image_processor()(images=[image], return_tensors="pt")["pixel_values"]
    return pixels.view(len(pixels), 3, 2, 196)[:, :, 0].flatten(1)


def stream(
    scenes: Sequence[StoredScene], images: int, questions: int,
    tokenizer: PreTrainedTokenizerFast, seed: int, *, with_image: bool,
) -> Iterator[Batch]:  # fmt: skip
    """Yield batches for ever, each of scenes that are resized to one size."""
    rng = np.random.default_rng(seed)
    by_size: dict[Size, list[StoredScene]] = {}
    for scene in scenes:
        by_size.setdefault(smart_resize(scene.size, BOUNDS), []).append(scene)
    sizes = list(by_size)
    shares = np.array([len(by_size[size]) for size in sizes]) / len(scenes)

    def make() -> Batch:
        same = by_size[sizes[int(rng.choice(len(sizes), p=shares))]]
        # Scenes of about the same number of objects: less padding.
        drawn = [same[i] for i in rng.integers(0, len(same), images * 6)]
        drawn.sort(key=lambda scene: len(scene.objects))
        start = int(rng.integers(0, 6)) * images
        chosen = drawn[start : start + images]
        return make_batch(chosen, questions, tokenizer, rng, with_image=with_image)

    return made_ahead(make)
