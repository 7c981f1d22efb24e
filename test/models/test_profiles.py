from __future__ import annotations

import re
from typing import Any

import pytest

from rex_thinker_ros.models.profiles import PROFILES, load_profile
from rex_thinker_ros.referring.prompt import PixelBounds


def test_the_7b_profile_is_the_released_pair_as_it_was_trained() -> None:
    profile = load_profile("rex_thinker_7b")
    assert profile.detector == "IDEA-Research/grounding-dino-tiny"
    assert profile.reasoner == "IDEA-Research/Rex-Thinker-GRPO-7B"
    assert profile.bounds == PixelBounds(16 * 28 * 28, 1280 * 28 * 28)
    assert (profile.box_threshold, profile.text_threshold) == (0.25, 0.25)
    assert profile.max_new_tokens == 2048


def test_overrides_replace_and_empty_ones_do_not() -> None:
    profile = load_profile(
        "demo", box_threshold=0.4, detector="/elsewhere", reasoner="", max_seconds=None
    )
    assert profile.box_threshold == 0.4
    assert profile.detector == "/elsewhere"
    assert profile.reasoner == PROFILES["demo"].reasoner
    assert profile.max_seconds == PROFILES["demo"].max_seconds


def test_another_detector_takes_both_looks_unless_told() -> None:
    assert load_profile("demo", detector="/elsewhere").second_detector == ""
    other = load_profile("demo", detector="/elsewhere", second_detector="/other")
    assert other.second_detector == "/other"


def test_a_threshold_of_zero_is_a_value() -> None:
    assert load_profile("demo", text_threshold=0.0).text_threshold == 0.0


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown profile": ("rex", {}, "demo or rex_thinker_7b"),
    "unknown field": ("demo", {"threshold": 0.2}, "box_threshold"),
    "threshold over 1": ("demo", {"box_threshold": 1.5}, "box_threshold"),
    "threshold not a number": ("demo", {"text_threshold": float("nan")}, "text_threshold"),
    "no candidates": ("demo", {"max_candidates": 0}, "max_candidates"),
    "no tokens": ("demo", {"max_new_tokens": -1}, "max_new_tokens"),
    "no time": ("demo", {"max_seconds": 0.0}, "max_seconds"),
    "bounds exchanged": ("demo", {"min_pixels": 10**7}, "pixel bounds"),
}


@pytest.mark.parametrize(("name", "overrides", "named"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_setting_is_refused_at_the_door(
    name: str, overrides: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(named)):
        load_profile(name, **overrides)
