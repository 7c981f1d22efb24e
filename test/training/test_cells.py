"""What is to be seen of things that stand before one another, and how the cells are named."""

from __future__ import annotations

import numpy as np
import pytest

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.training.cells import IGNORE, cell_labels, cell_mask
from rex_thinker_ros.training.hiding import hides
from rex_thinker_ros.training.questions import Seen
from rex_thinker_ros.training.vocabulary import COLORS

CELLS = (4, 4)  # of 28 pixels
BEHIND = Box(28, 0, 84, 84)  # three rows of two cells, of which the lower two are hidden
BEFORE = Box(28, 28, 84, 112)


@pytest.mark.parametrize(
    ("nearer", "box", "hidden"),
    [
        pytest.param(BEFORE, BEHIND, True, id="reaches further down"),
        pytest.param(BEHIND, BEFORE, False, id="reaches less far down"),
        pytest.param(Box(84, 0, 112, 112), BEHIND, False, id="beside"),
        pytest.param(Box(0, 0, 112, 112), BEHIND, False, id="seen past the other's outline"),
        pytest.param(Box(27, 1, 85, 86), BEHIND, False, id="the same, as detected"),
    ],
)
def test_what_hides_what(nearer: Box, box: Box, hidden: bool) -> None:
    assert hides(nearer, box) is hidden


def test_a_mask_leaves_out_what_is_hidden() -> None:
    mask = cell_mask(BEHIND, [BEHIND, BEFORE], CELLS).reshape(CELLS)
    assert mask[0].tolist() == [0, 1, 1, 0]
    assert not mask[1:].any()
    assert cell_mask(BEFORE, [BEHIND, BEFORE], CELLS).sum() == 6


def test_a_mask_of_what_others_hide_wholly_is_its_box() -> None:
    left, right = Box(0, 0, 56, 112), Box(56, 0, 112, 112)
    assert cell_mask(Box(28, 28, 84, 84), [left, right], CELLS).sum() == 4


@pytest.mark.parametrize("order", [1, -1], ids=["the nearer last", "the nearer first"])
def test_a_cell_has_the_name_of_what_is_nearer(order: int) -> None:
    seen = [Seen("mug", "red", BEHIND), Seen("can", "blue", BEFORE)][::order]
    colors = cell_labels(seen, CELLS)[0].numpy().reshape(CELLS)
    red, blue = COLORS.index("red") + 1, COLORS.index("blue") + 1
    assert set(colors[0, 1:3]) == {red}
    assert set(colors[2, 1:3]) == {blue}
    assert red not in colors[1:]


def test_the_rim_of_a_thing_has_no_name() -> None:
    colors = cell_labels([Seen("mug", "red", Box(20, 28, 92, 84))], CELLS)[0].numpy()
    assert (np.flatnonzero(colors == IGNORE) % 4 == np.array([0, 3, 0, 3])).all()
