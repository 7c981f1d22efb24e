"""Which of another detector's boxes are candidates."""

from __future__ import annotations

import pytest
from vision_msgs.msg import Detection2D, ObjectHypothesisWithPose

from rex_thinker_ros.answering.detections import boxes_of
from rex_thinker_ros.referring.boxes import Box


def detection(x: float, *classes: tuple[str, float]) -> Detection2D:
    """Return a detection of 10 x 20 pixels in the middle of (x, 50)."""
    found = Detection2D()
    found.bbox.center.position.x, found.bbox.center.position.y = x, 50.0
    found.bbox.size_x, found.bbox.size_y = 10.0, 20.0
    for name, score in classes:
        hypothesis = ObjectHypothesisWithPose()
        hypothesis.hypothesis.class_id, hypothesis.hypothesis.score = name, score
        found.results.append(hypothesis)
    return found


@pytest.mark.parametrize("size", [float("nan"), -1.0])
def test_what_is_no_box_is_left_out(size: float) -> None:
    broken = detection(10.0)
    broken.bbox.size_x = size
    assert boxes_of([broken, detection(30.0)], "mug") == (Box(25, 40, 35, 60),)


@pytest.mark.parametrize(
    ("classes", "counts"),
    [
        pytest.param([], True, id="no class"),
        pytest.param([("mug", 0.9)], True, id="the category"),
        pytest.param([("Mug", 0.9)], True, id="in capitals"),
        pytest.param([("41", 0.9)], True, id="a number"),
        pytest.param([("ball", 0.9)], False, id="another class"),
        pytest.param([("ball", 0.2), ("mug", 0.7)], True, id="the best is the category"),
        pytest.param([("mug", 0.2), ("ball", 0.7)], False, id="the best is another"),
    ],
)
def test_boxes_that_may_be_of_the_category(classes: list[tuple[str, float]], counts: bool) -> None:
    boxes = boxes_of([detection(30.0, *classes)], "mug")
    assert boxes == ((Box(25, 40, 35, 60),) if counts else ())
