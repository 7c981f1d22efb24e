"""Lines of the reasoning and the candidates that they are about."""

from __future__ import annotations

import pytest

from rex_thinker_ros.apps.page.grounding import Line, ground, latest_verdicts
from rex_thinker_ros.referring.candidate import Verdict

BOXES = [(10, 20, 30, 40), (50, 60, 70, 80), (90, 20, 99, 40)]


@pytest.mark.parametrize(
    ("text", "candidates", "verdict"),
    [
        ("- Mug 2: it is red → ✅", (2,), Verdict.MATCH),
        ("- Mug 2 [50, 60, 70, 80]: it is red → ❌", (2,), Verdict.NO_MATCH),
        ("- **Mug 3**: hardly visible ⚠️", (3,), Verdict.UNSURE),
        ("- Cup 1: another word for it ✅", (1,), Verdict.MATCH),
        ("- Mug 1: left of Mug 3 ❌", (1,), Verdict.NO_MATCH),
        ("- Mug 1: not ✅ but ❌", (1,), Verdict.NO_MATCH),
        ("Only Mug 3 is red.", (3,), Verdict.UNKNOWN),
        ("Mugs 1, 2 and 3 are red ✅", (1, 2, 3), Verdict.UNKNOWN),
        ("mug #2 or candidate 1", (2, 1), Verdict.UNKNOWN),
        ('[{"bbox_2d": [90, 20, 99, 40], "label": "mug"}]', (3,), Verdict.UNKNOWN),
        ("[10,20,30,40] and [50, 60, 70, 80]", (1, 2), Verdict.UNKNOWN),
        ("- Step 2: Look at each mug.", (), Verdict.UNKNOWN),
        ("- Mug 7: there is none such ✅", (), Verdict.UNKNOWN),
        ("- Mug 0: there is none such ✅", (), Verdict.UNKNOWN),
        ("The mug at 3 o'clock", (), Verdict.UNKNOWN),
        ("[10, 20, 30, 41] is nobody's box", (), Verdict.UNKNOWN),
    ],
    ids=[
        "a label", "a label with its box", "a bold label", "another word", "a label first",
        "the last mark", "a name", "several names", "signs", "the answer", "boxes only",
        "a step of the plan", "too high a number", "too low a number", "an hour", "another box",
    ],
)  # fmt: skip
def test_a_line_is_about(text: str, candidates: tuple[int, ...], verdict: Verdict) -> None:
    assert ground(text, "mug", BOXES) == (Line(text, candidates=candidates, verdict=verdict),)


def test_the_category_may_hold_signs_of_patterns() -> None:
    (line,) = ground("see c++ book (old) 2", "c++ book (old)", BOXES)
    assert line.candidates == (2,)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("<think>- Step 1: Look.\n\n# Step 1: Look.\n", ["- Step 1: Look.", "Step 1: Look."]),
        ("<think>a\n</think><answer>json\n[]\n</answer>", ["a", "Answer", "[]"]),
        ("a</think><answer>[]</answer>", ["a", "Answer", "[]"]),
        ("a\n</thi", ["a"]),
        ("a < b", ["a < b"]),
    ],
    ids=["nothing", "plan", "answer", "answer in a line", "half a tag", "less than"],
)
def test_tags_are_left_out(text: str, lines: list[str]) -> None:
    assert [line.text for line in ground(text, "mug", BOXES)] == lines


def test_headings_are_about_nobody() -> None:
    assert ground("# Step 2: Mug 1", "mug", BOXES) == (Line("Step 2: Mug 1", is_heading=True),)


def test_the_last_mark_counts() -> None:
    lines = ground("- Mug 1: red ✅\n- Mug 2: blue ❌\n- Mug 1: not red ❌", "mug", BOXES)
    assert latest_verdicts(lines) == {1: Verdict.NO_MATCH, 2: Verdict.NO_MATCH}
