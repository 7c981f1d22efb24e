"""The options that the commands have in common."""

from __future__ import annotations

import argparse
import re

import pytest

from rex_thinker_ros.apps.command_line import add_model_options, chosen_profile
from rex_thinker_ros.models.profiles import SETTINGS, Profile, load_profile
from rex_thinker_ros.user_error import UserError


def chosen(*arguments: str) -> Profile:
    parser = argparse.ArgumentParser()
    add_model_options(parser)
    return chosen_profile(parser.parse_args(["--model", "demo", *arguments]))


def test_settings_have_the_names_and_kinds_of_the_parameters() -> None:
    profile = chosen(
        "--set", "reasoner.quantization=int8", "--set", "detector.box_threshold=0.3",
        "--set", "reasoner.max_pixels=78400", "--set", "reasoner.path=/a=b",
        "--set", "detector.nms_iou=1",
    )  # fmt: skip
    assert profile == load_profile(
        "demo", quantization="int8", box_threshold=0.3, max_pixels=78400, reasoner="/a=b",
        duplicate_iou=1.0,
    )  # fmt: skip


def test_without_options_a_profile_is_as_it_is() -> None:
    assert chosen() == load_profile("demo")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("reasoner.max_pixel=3", "none of recording"),
        ("reasoner.max_pixels=many", r"reasoner\.max_pixels is no int: 'many'"),
        ("reasoner.max_pixels", r"reasoner\.max_pixels is no int: ''"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(
    setting: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        chosen("--set", setting)
    assert re.search(words, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("reasoner.quantization=int2", "quantization must be none or int8"),
        ("detector.box_threshold=2", "box_threshold must lie in 0 to 1"),
        ("reasoner.max_pixels=3", "0 < min <= max"),
        ("reasoner.attention=fast", "attention must be auto"),
    ],
)
def test_a_value_out_of_its_range_is_an_error_for_the_user(setting: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        chosen("--set", setting)


def test_every_setting_is_a_field() -> None:
    assert set(SETTINGS.values()) <= set(Profile.__dataclass_fields__)
