"""What the form of a text foretells."""

from __future__ import annotations

import pytest

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.foreseen import foresee
from rex_thinker_ros.referring.prompt import PixelBounds, build_prompt
from rex_thinker_ros.referring.reasoning_form import LOOK

SIZE = Size(280, 280)
PROMPT = build_prompt(
    expression="red mug",
    category="mug",
    candidates=[Candidate(1, Box(1, 2, 30, 40), 0.9), Candidate(2, Box(50, 60, 70, 80), 0.9)],
    image_size=SIZE,
    bounds=PixelBounds(),
)
FIRST, SECOND = [list(box) for box in PROMPT.hint_boxes]
PLAN = "<think>- Step 1: Look at each.\n- Step 2: Sort them.\n"
HEADING = "# Summarize and Re-Check answer\n"
SUMMARY = "<think># Summarize and Re-Check answer\n- Mug 1: no → ❌\n- Mug 2: yes → ✅\n"

CASES = {
    "nothing yet": (
        "",
        f"<think>- Step 1: {LOOK}\n# Step 1: {LOOK}\n- Mug 1 {FIRST}: ",
    ),
    "a plan": ("<think>- Step 1: Look at each\n", ""),
    "the next candidate and its box": (f"- Mug 1 {FIRST}: red → ✅\n", f"- Mug 2 {SECOND}: "),
    "the same, half said": (f"- Mug 1 {FIRST}: red → ✅\n- Mug 2 [", f"{str(SECOND)[1:]}: "),
    "a line without a box": ("- Mug 1: no → ❌\n", "- Mug 2"),
    "another line has begun": ("- Mug 1: no → ❌\n# Step 2", ""),
    "after the last candidate": (f"- Mug 2 {SECOND}: red → ✅\n", HEADING),
    "a further step of the plan": (
        f"{PLAN}# Step 1: Look at each.\n- Mug 2 {SECOND}: red → ✅\n",
        "# Step 2: Sort them.\n",
    ),
    "after the plan's last step": (
        f"{PLAN}# Step 2: Sort them.\n- Mug 2 {SECOND}: red → ✅\n# Summ",
        HEADING[6:],
    ),
    "candidates begin": (f"{PLAN}# Step 1: Look at each.\n", f"- Mug 1 {FIRST}: "),
    "what a later step says": (f"- Mug 1 {FIRST}: red → ✅\n# Step 2: Sort them.\n", ""),
    "the summary begins": (f"- Mug 1 {FIRST}: red → ✅\n{HEADING}", "- Mug 1"),
    "after a list without boxes": ("- Mug 1: no → ❌\n- Mug 2: no → ❌\n", ""),
    "after the summary": (
        SUMMARY,
        f'</think><answer>json\n[{{"bbox_2d": {SECOND}, "label": "mug"}}]\n</answer>',
    ),
    "the answer": (
        f"{SUMMARY}</think>",
        f'<answer>json\n[{{"bbox_2d": {SECOND}, "label": "mug"}}]\n</answer>',
    ),
    "half an answer": (
        f'{SUMMARY}</think><answer>json\n[{{"bbox_2d": [',
        f'{str(SECOND)[1:]}, "label": "mug"}}]\n</answer>',
    ),
    "nothing matches": ("- Mug 1: no → ❌\n</think>", "<answer>json\n[]\n</answer>"),
    "the last mark counts": ("- Mug 1 → ✅\n- Mug 1 → ❌\n</think>", "<answer>json\n[]\n</answer>"),
    "another form of answer": (f"{SUMMARY}</think>\nThe answer", ""),
    "of another thing": ("- Step 1: no\n", ""),
}


@pytest.mark.parametrize(("text", "continuation"), CASES.values(), ids=CASES.keys())
def test_what_follows(text: str, continuation: str) -> None:
    assert foresee(text, PROMPT) == continuation
