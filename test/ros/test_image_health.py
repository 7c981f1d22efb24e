"""What is said about the images of one camera and of several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rex_thinker_ros.ros.image_health import (
    FrameRates,
    ImageHealth,
    image_values,
    image_warnings,
)

LEFT = ImageHealth("/left/image", 1, "best_effort", "", 9, 0.02, age_seconds=0.035, name="left")
RIGHT = replace(LEFT, topic="/right/image", name="right")
NAMELESS = replace(LEFT, name="", age_seconds=None)
DEAF = "1 of 1 publishers are best effort"


@pytest.mark.parametrize(
    ("cameras", "warnings"),
    [
        pytest.param([], [], id="no camera"),
        pytest.param([LEFT, RIGHT], [], id="both well"),
        pytest.param([replace(LEFT, silence_seconds=3.0)], [], id="just not too long"),
        pytest.param(
            [LEFT, replace(RIGHT, silence_seconds=4.2, publishers=0)],
            ["No image for 4 s from right (/right/image): nobody publishes it."],
            id="one of two is silent",
        ),
        pytest.param(
            [replace(NAMELESS, silence_seconds=4.2)],
            ["No image for 4 s from /left/image: it has a publisher, but nothing arrives."],
            id="silent without a name",
        ),
        pytest.param(
            [replace(LEFT, silence_seconds=4.2, mismatch=DEAF)],
            [f"No image for 4 s from left (/left/image): {DEAF}."],
            id="a mismatch is why it is silent",
        ),
        pytest.param(
            [replace(LEFT, mismatch=DEAF), replace(RIGHT, silence_seconds=9.0, publishers=0)],
            ["No image for 9 s from right (/right/image): nobody publishes it.", f"{DEAF}."],
            id="silence comes before a mismatch",
        ),
    ],
)
def test_each_camera_that_is_not_well_is_named(
    cameras: list[ImageHealth], warnings: list[str]
) -> None:
    assert image_warnings(cameras, 3.0) == warnings


@pytest.mark.parametrize(
    ("cameras", "expected"),
    [
        pytest.param(
            [LEFT],
            {
                "image camera": "left",
                "image topic": "/left/image",
                "image publishers": "1",
                "image reliability": "best_effort",
                "image frames": "9",
                "image rate": "30.0 Hz",
                "image age": "35 ms",
                "image silence": "20 ms",
            },
            id="one",
        ),
        pytest.param(
            [NAMELESS, replace(RIGHT, frames=4)],
            {
                "/left/image publishers": "1",
                "/left/image reliability": "best_effort",
                "/left/image frames": "9",
                "/left/image rate": "30.0 Hz",
                "/left/image age": "unknown",
                "/left/image silence": "20 ms",
                "/right/image camera": "right",
                "/right/image publishers": "1",
                "/right/image reliability": "best_effort",
                "/right/image frames": "4",
                "/right/image rate": "unknown",
                "/right/image age": "35 ms",
                "/right/image silence": "20 ms",
            },
            id="two",
        ),
        pytest.param([], {}, id="none"),
    ],
)
def test_the_topic_tells_several_cameras_apart(
    cameras: list[ImageHealth], expected: dict[str, str]
) -> None:
    assert dict(image_values(cameras, {"/left/image": 30.0})) == expected


def test_a_rate_is_of_the_time_since_the_last_look() -> None:
    rates = FrameRates()
    assert rates.since_last([LEFT]) == {}, "nothing to compare with"
    later = rates.since_last([replace(LEFT, frames=12), RIGHT])
    assert later.keys() == {"/left/image"}, "the right one is new"
    assert later["/left/image"] > 0
    assert rates.since_last([replace(LEFT, frames=12), RIGHT]) == {
        "/left/image": 0.0,
        "/right/image": 0.0,
    }, "no frame came since"
    assert rates.since_last([replace(LEFT, frames=1)]) == {"/left/image": 0.0}, "counts anew"
