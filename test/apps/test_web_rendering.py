"""Views as HTML."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rex_thinker_ros.apps.page.picture import make_picture
from rex_thinker_ros.apps.page.rendering import render_picture, render_reasoning, render_result
from rex_thinker_ros.apps.page.view import View, ended
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referral import Referral

COMMAND = Command("the red mug", "red mug", "mug", wants_all=False)
FIRST, SECOND = Candidate(1, Box(0, 0, 50, 20), 0.9), Candidate(2, Box(50, 10, 100, 40), 0.8)
PICTURE = make_picture(np.zeros((40, 100, 3), np.uint8))


def running(text: str) -> View:
    hints = ((0, 0, 50, 20), (50, 10, 99, 39))
    return View("Reasoning", PICTURE, COMMAND, (FIRST, SECOND), hints, text)


def decided() -> View:
    judged = (
        Candidate(1, FIRST.box, 0.9, Verdict.NO_MATCH, 'it is "blue"'),
        Candidate(2, SECOND.box, 0.8, Verdict.MATCH),
    )
    decision = Decision(Outcome.FOUND, "Found it.", (SECOND.box,), judged, confidence=4.25)
    referral = Referral(COMMAND, decision, "", 0.5, 1.5, "models", 0.25, 40)
    return View("", PICTURE, COMMAND, (FIRST, SECOND), (), "", decision, referral)


def classes(html: str, number: int, tag: str) -> list[set[str]]:
    found = re.findall(rf'<{tag} [^>]*class="([^"]*)" data-candidate="{number}"', html)
    return [set(names.split()) for names in found]


def test_verdicts_so_far_colour_the_boxes() -> None:
    html = render_picture(running("- Mug 2: red ✅"))
    assert classes(html, 1, "rect") == [{"bright"}, {"box", "unknown"}]
    assert classes(html, 2, "rect") == [{"bright"}, {"box", "match"}]
    assert "decided" not in html


def test_the_chosen_box_is_marked() -> None:
    html = render_picture(decided())
    assert classes(html, 1, "rect") == [{"bright"}, {"box", "no_match"}]
    assert classes(html, 2, "rect") == [{"bright", "chosen"}, {"box", "match", "chosen"}]
    assert 'viewBox="0 0 100 40"' in html
    assert 'style="left: 50.0%; top: 25.0%"' in html


def test_chips_and_times_are_told() -> None:
    text = re.sub(r"<[^>]+>|\s+", " ", render_result(decided()))
    text = " ".join(text.split())
    assert "FOUND Found it." in text
    assert "1 no match 0.90" in text
    assert "2 match 0.80" in text
    assert "2.00 s : detection 0.50 s, reasoning 1.50 s, its first word after 0.25 s" in text
    assert "40 tokens; confidence 4.2" in text


def test_lines_name_their_candidates() -> None:
    html = render_reasoning(running("# Step 1\n- Mug 2: red ✅\nMugs 1 and 2\nnobody"))
    assert '<li class="heading">Step 1</li>' in html
    assert '<li class="match" data-candidate="2" tabindex="0">' in html
    assert '<li class="unknown" data-candidate="1 2" tabindex="0">' in html
    assert "<li>nobody</li>" in html


def test_the_models_text_is_no_markup() -> None:
    html = render_reasoning(running('<img src=x onerror="alert(1)"> & {{ lines }} ${1}'))
    assert "<img" not in html
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt; &amp; {{ lines }} ${1}" in html


def test_a_refusal_has_no_picture() -> None:
    view = ended(Outcome.NO_IMAGE, "There is none.")
    assert "<figure" not in render_picture(view)
    assert "NO_IMAGE" in render_result(view)
    assert "refused" in render_result(view)


@pytest.mark.parametrize(
    ("width", "height"), [(4000, 10), (3200, 2400), (1600, 3)], ids=["wide", "photo", "as it is"]
)
def test_a_picture_keeps_the_size_that_boxes_refer_to(width: int, height: int) -> None:
    picture = make_picture(np.zeros((height, width, 3), np.uint8))
    assert picture.size == Size(width, height)
    assert picture.url.startswith("data:image/jpeg;base64,")
