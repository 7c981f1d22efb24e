"""Which of the boxes that were given become candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from rex_thinker_ros.models.external import MAX_BOXES, ExternalBoxError, ExternalDetector
from rex_thinker_ros.referring.boxes import Box, Size

SIZE = Size(640, 480)
IMAGE = np.zeros((480, 640, 3), np.uint8)
LEFT, RIGHT = Box(10, 10, 60, 60), Box(500, 10, 560, 60)
RIGHT_END = Box(600, 10, 640, 60)
ROW = [Box(x, 10, x + 5, 60) for x in range(MAX_BOXES + 1)]


@pytest.mark.parametrize(
    ("given", "proposed"),
    [
        pytest.param([RIGHT, LEFT], [RIGHT, LEFT], id="in the order given"),
        pytest.param([], [], id="none"),
        pytest.param([LEFT, RIGHT, LEFT, RIGHT], [LEFT, RIGHT], id="equal ones count once"),
        pytest.param([Box(600, 10, 700, 60)], [RIGHT_END], id="clipped"),
        pytest.param(
            [RIGHT_END, Box(600, 10, 700, 60), LEFT], [RIGHT_END, LEFT], id="equal once clipped"
        ),
        pytest.param(ROW[:MAX_BOXES], ROW[:MAX_BOXES], id="as many as there may be"),
    ],
)
def test_given_boxes_are_numbered_candidates(given: Sequence[Box], proposed: list[Box]) -> None:
    candidates = ExternalDetector(given, SIZE).detect(IMAGE, "mug")
    assert [candidate.box for candidate in candidates] == proposed
    assert [candidate.number for candidate in candidates] == list(range(1, len(proposed) + 1))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        pytest.param([LEFT, Box(700, 10, 760, 60)], "Candidate 2 covers no pixel", id="outside"),
        pytest.param([LEFT, LEFT, Box(9, 9, 9.5, 60)], "Candidate 3 covers no", id="too narrow"),
        pytest.param(ROW, "101 candidates were given, and the limit is 100", id="too many"),
        pytest.param([LEFT] * 5000, "5000 candidates were given", id="too many equal ones"),
    ],
)
def test_boxes_that_cannot_be_candidates_are_refused(given: Sequence[Box], fault: str) -> None:
    with pytest.raises(ExternalBoxError, match=fault):
        ExternalDetector(given, SIZE)
