"""Boxes for the losses: in parts of the sides, mirrored or not."""

from __future__ import annotations

import pytest
from tabletops import IMAGE, random_objects

from rex_thinker_ros.training.object_boxes import object_corners
from rex_thinker_ros.training.store import StoredScene

SCENE = StoredScene(b"", IMAGE, tuple(random_objects(3)))


def test_corners_times_the_sides_are_the_boxes() -> None:
    rows = object_corners(SCENE, mirrored=False).tolist()
    for row, item in zip(rows, SCENE.objects, strict=True):
        scaled = [
            side * part for side, part in zip((IMAGE.width, IMAGE.height) * 2, row, strict=True)
        ]
        assert scaled == pytest.approx(item.box.as_tuple(), abs=1e-3)


def test_a_mirrored_box_keeps_its_size_and_swaps_its_sides() -> None:
    plain, mirrored = (object_corners(SCENE, mirrored=m) for m in (False, True))
    assert (mirrored[:, 2] > mirrored[:, 0]).all()
    assert (mirrored[:, 0] + plain[:, 2]).tolist() == pytest.approx([1.0] * len(plain))
    assert (mirrored[:, 1::2] == plain[:, 1::2]).all()
