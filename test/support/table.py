"""A rendered tabletop, and where its objects are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from rex_thinker_ros.referring.boxes import Box

FILE = Path(__file__).resolve().parents[1] / "data" / "tabletop.jpg"
TABLE = np.asarray(Image.open(FILE))
"""(height, width, 3) uint8 RGB."""

MUGS = {
    "orange": Box(105, 292, 186, 390),
    "blue": Box(451, 202, 529, 283),
    "purple": Box(380, 224, 424, 272),
    "green": Box(245, 206, 296, 274),
}
BLOCKS = {
    "blue": Box(160, 156, 221, 220),
    "orange": Box(205, 366, 261, 434),
    "purple": Box(490, 308, 534, 353),
    "green": Box(406, 170, 437, 204),
}
BOTTLES = {"white": Box(512, 136, 569, 242), "purple": Box(319, 263, 378, 396)}
BOXES = {"mug": MUGS, "block": BLOCKS, "bottle": BOTTLES}
"""By category and colour, in pixels of TABLE."""
