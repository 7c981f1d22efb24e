"""HumanRef-CoT's files: two tables of tab-separated values with their line indices.

The layout, as published with the set and read by the tools of IDEA-Research/Rex-Thinker:

- NAME.images.tsv: a key, a tab, and the image file in base64 (some writers leave Python's b'...'
  around it).
- NAME.annotations.tsv: the byte at which the image's line begins in the other file, a tab, and an
  object {"gt_boxes": [[x0, y0, width, height], ...], "region_map": {expression: [index of a box,
  from 0, ...]}, "think": the reasoning without its tags}, boxes in pixels of the image.
- NAME.annotations.tsv.lineidx: the bytes at which the lines of annotations begin, one a line.

No category is given: all boxes are people.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from rex_thinker_ros.apps.evaluation.json_lines import SetError
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.training.fine_tuning.referring_set import Labelled, ReferringSet


class TsvImages:
    """Images in a table, by the byte at which their lines begin."""

    def __init__(self, path: Path) -> None:
        """Take the file; it is read as images are asked for."""
        self.path = path

    def read(self, name: str) -> RgbImage:
        """Return (height, width, 3) uint8 RGB; SetError if it cannot be read."""
        try:
            with self.path.open("rb") as table:
                table.seek(int(name))
                _, coded = table.readline().rstrip(b"\r\n").split(b"\t")
            coded = coded[2:-1] if coded.startswith(b"b'") else coded
            with Image.open(BytesIO(b64decode(coded, validate=True))) as image:
                return np.asarray(image.convert("RGB"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise SetError(f"{self.path}, byte {name}, holds no image: {error}") from error


def read_tsv_set(annotations: Path, images: Path, *, category: str) -> ReferringSet:
    """Read both tables; where a line has several expressions, its reasoning is of none of them.

    Expressions without boxes are left out: the node would not ask the model about them.

    Raises:
        SetError: a file cannot be read, or a line does not have the layout.
    """
    if not images.is_file():
        raise SetError(f"{images} is missing: the images of {annotations}")
    expressions: list[Labelled] = []
    left_out = 0
    for place, line in _lines(annotations):
        try:
            found = list(_expressions(line, place, category or "person"))
        except KeyError as error:
            raise SetError(f"{place}: {error} is missing") from None
        except (TypeError, ValueError) as error:
            raise SetError(f"{place}: {error}") from None
        expressions += [item for item in found if item.candidates]
        left_out += sum(not item.candidates for item in found)
    return ReferringSet(tuple(expressions), TsvImages(images), left_out)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield where each line of annotations stands, and the line."""
    index = path.with_name(f"{path.name}.lineidx")
    try:
        with path.open("rb") as table:
            for number, start in enumerate(index.read_text(encoding="ascii").split(), 1):
                table.seek(int(start))
                yield f"{path}, line {number} of its index", table.readline().decode("utf-8")
    except (OSError, ValueError) as error:
        raise SetError(f"{path} and {index.name} cannot be read: {error}") from error


def _expressions(line: str, place: str, category: str) -> Iterator[Labelled]:
    image, tab, text = line.rstrip("\r\n").partition("\t")
    if not tab or not image.strip().isdigit():
        raise ValueError("it does not begin with the byte of an image's line, and a tab")
    values = json.loads(text)
    if not isinstance(values, dict):
        raise TypeError(f"{values!r:.40} is no JSON object")
    boxes = tuple(_box(edges) for edges in values["gt_boxes"])
    regions = values["region_map"]
    if not isinstance(regions, dict):
        raise TypeError(f"region_map is {regions!r:.40}, which is no JSON object")
    think = str(values.get("think") or "") if len(regions) == 1 else ""
    for expression, indices in regions.items():
        if any(type(index) is not int or not 0 <= index < len(boxes) for index in indices):
            raise ValueError(f"region_map names {indices!r:.40} of {len(boxes)} boxes")
        yield Labelled(
            place, image.strip(), expression, category, boxes, tuple(sorted(set(indices))), think
        )


def _box(edges: Any) -> Box:
    if not isinstance(edges, list) or len(edges) != 4:
        raise ValueError(f"{edges!r:.40} is no box [x0, y0, width, height]")
    x0, y0, width, height = map(float, edges)
    return Box(x0, y0, x0 + width, y0 + height)
