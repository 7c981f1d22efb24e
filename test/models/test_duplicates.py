from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.models.grounding.duplicates import best_distinct
from rex_thinker_ros.referring.boxes import Box

LEFT = Box(0, 0, 100, 100)
NEARLY_LEFT = Box(0, 0, 100, 95)  # IoU 0.95
HALF_LEFT = Box(0, 0, 100, 80)  # IoU 0.8 exactly
RIGHT = Box(200, 0, 300, 100)

CASES = {
    "nothing": ([], [], 32, []),
    "distinct boxes keep their order, not that of scores": ([LEFT, RIGHT], [0.3, 0.9], 32, [0, 1]),
    "the better of two duplicates": ([LEFT, RIGHT, NEARLY_LEFT], [0.5, 0.4, 0.6], 32, [1, 2]),
    "a tie goes to the first": ([LEFT, NEARLY_LEFT], [0.5, 0.5], 32, [0]),
    "at the limit of overlap both stay": ([LEFT, HALF_LEFT], [0.5, 0.6], 32, [0, 1]),
    "the cap keeps the best": ([LEFT, HALF_LEFT, RIGHT], [0.5, 0.9, 0.7], 2, [1, 2]),
    "a duplicate does not count towards the cap": (
        [LEFT, NEARLY_LEFT, RIGHT],
        [0.9, 0.8, 0.1],
        2,
        [0, 2],
    ),
}


@pytest.mark.parametrize(("boxes", "scores", "limit", "kept"), CASES.values(), ids=CASES.keys())
def test_best_distinct(boxes: list[Box], scores: list[float], limit: int, kept: list[int]) -> None:
    assert best_distinct(boxes, scores, max_iou=0.8, limit=limit) == kept


edges = st.integers(0, 20)
scored_boxes = st.lists(
    st.tuples(edges, edges, st.integers(1, 20), st.integers(1, 20), st.floats(0, 1)), max_size=12
)


@given(found=scored_boxes, limit=st.integers(1, 6))
def test_what_is_kept_is_distinct_and_what_is_not_is_worse(
    found: list[tuple[int, int, int, int, float]], limit: int
) -> None:
    boxes = [Box(x, y, x + w, y + h) for x, y, w, h, _ in found]
    scores = [score for *_, score in found]
    kept = best_distinct(boxes, scores, max_iou=0.5, limit=limit)
    assert kept == sorted(set(kept))
    assert len(kept) <= limit
    assert all(boxes[a].iou(boxes[b]) <= 0.5 for a in kept for b in kept if a != b)
    for index in set(range(len(boxes))) - set(kept):
        rivals = [k for k in kept if scores[k] >= scores[index]]
        assert len(rivals) == limit or any(boxes[k].iou(boxes[index]) > 0.5 for k in rivals)
