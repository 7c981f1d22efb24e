"""The evaluation with the embedded pair: the truth goes along with the image."""

from __future__ import annotations

import ctypes.util

import pytest

from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.referring.boxes import Size

# the renderer's library is not a Python package; neither the node nor the demo renders
if ctypes.util.find_library("OSMesa") is None:
    pytest.skip("rendering needs libOSMesa: apt install libosmesa6", allow_module_level=True)

from rex_thinker_ros.training.evaluate import ask_all
from rex_thinker_ros.training.scenes import render_world
from rex_thinker_ros.training.store import HELD_OUT_SEED


def test_boxes_of_the_truth_are_scaled_with_the_image_and_the_questions_stay() -> None:
    numbered = list(enumerate(render_world(HELD_OUT_SEED, Size(640, 480), 2)))
    rows, detections = ask_all(numbered, load_profile("demo"), "cpu", "none")
    small_rows, small = ask_all(numbered, load_profile("demo"), "cpu", "small")
    assert [row.command for row in small_rows] == [row.command for row in rows]
    assert small.true == detections.true == sum(len(scene.objects) for _, scene in numbered)
    # boxes of the whole image's pixels would match none of the small image's
    assert small.matched > 0.7 * small.true
