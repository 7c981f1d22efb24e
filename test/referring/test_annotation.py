"""The picture of a referral."""

from __future__ import annotations

import numpy as np
import pytest

from rex_thinker_ros.referring.annotation import VERDICT_COLORS, annotate
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, Verdict

IMAGE = np.full((120, 160, 3), 200, np.uint8)
BOX = Box(40, 40, 80, 90)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_candidate_is_outlined_in_the_color_of_its_verdict(verdict: Verdict) -> None:
    picture = annotate(IMAGE, [Candidate(1, BOX, 0.5, verdict)], [])
    # the edge of a line is blended with what it covers
    np.testing.assert_allclose(picture[65, 40], VERDICT_COLORS[verdict], atol=20)
    assert tuple(picture[65, 60]) == (200, 200, 200)


def test_the_chosen_stays_bright_and_the_rest_is_dimmed() -> None:
    picture = annotate(IMAGE, [Candidate(1, BOX, 0.5, Verdict.MATCH)], [BOX])
    assert tuple(picture[65, 60]) == (200, 200, 200)
    np.testing.assert_allclose(picture[65, 40], VERDICT_COLORS[Verdict.MATCH], atol=20)
    assert picture[110, 150].max() < 200


def test_numbers_differ() -> None:
    one, two = (annotate(IMAGE, [Candidate(n, BOX, 0.5)], []) for n in (1, 2))
    assert (one != two).any()


@pytest.mark.parametrize(
    "box",
    [Box(-20, -20, 30, 30), Box(150, 110, 400, 300), Box(-9, -9, -5, -5), Box(5, 5, 5, 5)],
    ids=["over the corner", "beyond the far corner", "outside", "empty"],
)
def test_boxes_at_the_edge_leave_the_size(box: Box) -> None:
    picture = annotate(IMAGE, [Candidate(7, box, 0.5, Verdict.MATCH)], [box])
    assert picture.shape == IMAGE.shape


def test_the_image_itself_is_left_alone() -> None:
    before = IMAGE.copy()
    np.testing.assert_array_equal(annotate(IMAGE, [], []), before)
    annotate(IMAGE, [Candidate(1, BOX, 0.5)], [BOX])
    np.testing.assert_array_equal(IMAGE, before)
