"""The parameters as ROS and the node see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest
import rclpy
from rclpy.node import Node

from rex_thinker_ros.models.profiles import SETTINGS, load_profile
from rex_thinker_ros.ros.loading import profile_of
from rex_thinker_ros.ros.parameter_fields import ParameterError
from rex_thinker_ros.ros.parameters import (
    PARAMETER_NAMES,
    Parameters,
    change_fault,
    declare_parameters,
    read_parameters,
)


@pytest.fixture
def node() -> Iterator[Node]:
    context = rclpy.Context()
    rclpy.init(context=context)
    node = Node("parameters", context=context)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def test_every_parameter_is_declared_with_its_default_and_description(node: Node) -> None:
    declare_parameters(node)
    assert read_parameters(node) == Parameters()
    for name in PARAMETER_NAMES:
        assert node.describe_parameter(name).description


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"image_transport": "theora"}, "image_transport is 'theora': it must be one of raw"),
        ({"image_qos": "best"}, "image_qos"),
        ({"image_decoder": ""}, "image_decoder"),
        ({"max_image_age": float("nan")}, "max_image_age is nan"),
        ({"detector_box_threshold": 1.5}, r"detector\.box_threshold is 1\.5"),
        ({"cameras": ()}, r"cameras is \[\]"),
        ({"cameras": ("left", "")}, "cameras"),
        ({"cameras": ("left", "left")}, "different names"),
        ({"cameras": ("left/eye",)}, "cameras"),
    ],
    ids=[
        "transport",
        "qos",
        "decoder",
        "not a number",
        "out of range",
        "no camera",
        "one without a name",
        "the same twice",
        "no name for a topic",
    ],
)
def test_a_wrong_value_is_named(values: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        Parameters(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "live_only", "words"),
    [
        pytest.param({"min_confidence": 1.0}, True, "", id="live"),
        pytest.param({"model": "demo"}, True, "model: read when", id="not live"),
        pytest.param({"model": "demo"}, False, "", id="before it is read"),
        pytest.param({"on_new_command": "never"}, True, "one of newest_wins", id="no choice"),
        pytest.param({"use_sim_time": True}, True, "", id="another's"),
        pytest.param({"min_confidence": -1.0, "model": "x"}, False, "min_confidence", id="both"),
    ],
)
def test_a_change_is_taken_or_says_why_not(
    values: dict[str, object], live_only: bool, words: str
) -> None:
    fault = change_fault(Parameters(), values, live_only=live_only)
    assert words in fault
    assert bool(words) == bool(fault)


def test_budgets_are_those_that_are_set() -> None:
    settings = Parameters(budgets_detect=0.5, budgets_per_token=0.01)
    assert settings.budgets() == {"detect": 0.5, "per_token": 0.01}


def test_by_default_the_profile_is_taken_as_it_is() -> None:
    assert profile_of(Parameters(model="demo")) == load_profile("demo")


def test_every_replacement_reaches_the_profile() -> None:
    profile = profile_of(
        Parameters(
            model="demo",
            detector_path="d",
            reasoner_path="r",
            detector_box_threshold=0.0,
            detector_text_threshold=0.1,
            detector_nms_iou=0.2,
            detector_max_candidates=3,
            reasoner_max_new_tokens=4,
            reasoner_max_seconds=5.0,
            reasoner_min_pixels=6000,
            reasoner_max_pixels=7000,
            reasoner_quantization="int8",
            reasoner_attention="eager",
        )
    )
    replaced = {
        "detector": "d",
        "reasoner": "r",
        "box_threshold": 0.0,
        "text_threshold": 0.1,
        "duplicate_iou": 0.2,
        "max_candidates": 3,
        "max_new_tokens": 4,
        "max_seconds": 5.0,
        "min_pixels": 6000,
        "max_pixels": 7000,
        "quantization": "int8",
        "attention": "eager",
    }
    assert {name: getattr(profile, name) for name in replaced} == replaced


def test_every_setting_of_a_profile_is_a_parameter() -> None:
    assert set(SETTINGS) <= set(PARAMETER_NAMES)


def test_names_are_dotted_where_they_belong_to_a_model() -> None:
    for spec, name in zip(fields(Parameters), PARAMETER_NAMES, strict=True):
        assert name.replace(".", "_") == spec.name
