"""The prompt: the wire format that released weights were trained with, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.prompt import (
    SYSTEM_PROMPT,
    PixelBounds,
    build_prompt,
    hint_boxes,
    smart_resize,
)

DEMO = PixelBounds(16 * 28 * 28, 110 * 28 * 28)


def candidates(*boxes: Box) -> list[Candidate]:
    return [Candidate(number, box, 0.9) for number, box in enumerate(boxes, 1)]


def test_the_prompt_is_the_wire_format() -> None:
    prompt = build_prompt(
        expression="second red mug from the left",
        category="mug",
        candidates=candidates(Box(100.7, 50.2, 200.4, 150.9), Box(0, 0, 640, 480)),
        image_size=Size(640, 480),
        bounds=PixelBounds(),
    )
    # 640 x 480 is seen at 644 x 476: 100.7 / 640 * 644 = 101.3, and the last pixel is 643, 475
    assert prompt.resized == Size(644, 476)
    assert prompt.hint_boxes == ((101, 49, 201, 149), (0, 0, 643, 475))
    assert prompt.user == (
        "Hint: Object and its coordinates in this image: "
        '{"mug": [[101, 49, 201, 149], [0, 0, 643, 475]]}\n'
        "Please detect second red mug from the left in the image."
    )
    assert prompt.messages() == [
        {"role": "system", "content": SYSTEM_PROMPT},
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": prompt.user}]},
    ]


def test_the_system_prompt_is_the_wire_format() -> None:
    assert SYSTEM_PROMPT == (
        "A conversation between User and Assistant. The user asks a question, and the Assistant "
        "solves it. The assistant first thinks about the reasoning process in the mind and then "
        "provides the user with the answer. The reasoning process and answer are enclosed within "
        "<think> </think> and <answer> </answer> tags, respectively, i.e., <think> reasoning "
        "process here </think><answer> answer here </answer>."
    )


def test_a_category_beyond_ascii_is_escaped_as_json_does_by_default() -> None:
    prompt = build_prompt(
        expression="café",
        category="café",
        candidates=candidates(Box(0, 0, 28, 28)),
        image_size=Size(280, 280),
        bounds=PixelBounds(),
    )
    assert r'{"caf\u00e9": [[0, 0, 28, 28]]}' in prompt.user
    assert "Please detect café in" in prompt.user


@pytest.mark.parametrize(
    ("image", "bounds", "resized"),
    [
        pytest.param(Size(640, 480), PixelBounds(), Size(644, 476), id="rounded to patches"),
        pytest.param(Size(640, 480), DEMO, Size(336, 252), id="shrunk"),
        pytest.param(Size(1280, 720), PixelBounds(), Size(1288, 728), id="720p fits"),
        pytest.param(Size(1920, 1080), PixelBounds(), Size(1316, 728), id="1080p shrunk"),
        pytest.param(Size(56, 56), PixelBounds(), Size(112, 112), id="grown"),
        pytest.param(Size(10, 1900), PixelBounds(), Size(28, 1568), id="narrower than a patch"),
        pytest.param(Size(42, 1400), PixelBounds(), Size(56, 1400), id="a half rounds to even"),
    ],
)
def test_smart_resize(image: Size, bounds: PixelBounds, resized: Size) -> None:
    assert smart_resize(image, bounds) == resized


@given(st.integers(1, 4000), st.integers(1, 4000))
def test_a_resized_image_is_whole_patches_within_bounds(width: int, height: int) -> None:
    assume(max(width, height) / min(width, height) <= 40)
    resized = smart_resize(Size(width, height), PixelBounds())
    assert resized.width % 28 == resized.height % 28 == 0
    assert 16 * 28 * 28 <= resized.width * resized.height <= 1280 * 28 * 28


def test_an_image_over_200_times_as_long_as_wide_is_refused() -> None:
    with pytest.raises(ValueError, match="aspect ratio"):
        smart_resize(Size(2010, 10), PixelBounds())


@pytest.mark.parametrize(("low", "high"), [(0, 10), (20, 10), (-5, -1)])
def test_impossible_bounds_are_refused(low: int, high: int) -> None:
    with pytest.raises(ValueError, match="pixel bounds"):
        PixelBounds(low, high)


@pytest.mark.parametrize("numbers", [(2, 1), (1, 3), (0, 1), (1, 1)])
def test_candidates_out_of_order_are_refused(numbers: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="numbered"):
        build_prompt(
            expression="mug",
            category="mug",
            candidates=[Candidate(number, Box(0, 0, 9, 9), 0.5) for number in numbers],
            image_size=Size(640, 480),
            bounds=PixelBounds(),
        )


@given(st.floats(-50, 700), st.floats(-50, 700), st.floats(0, 300))
def test_hint_boxes_stay_on_pixels_of_the_resized_image(x: float, y: float, side: float) -> None:
    (hint,) = hint_boxes(candidates(Box(x, y, x + side, y + side)), Size(640, 480), Size(336, 252))
    assert all(0 <= edge <= 335 for edge in hint[::2])
    assert all(0 <= edge <= 251 for edge in hint[1::2])
