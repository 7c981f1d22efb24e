"""Every parameter of the node, declared and read at one door."""

from __future__ import annotations

import math
from dataclasses import Field, dataclass, field, fields
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

READ_AT_START = ("autostart", "diagnostics_period")


class ParameterError(ValueError):
    """A parameter has a value that the node cannot work with; the text says which and why."""


def parameter(
    default: bool | float | str,
    description: str,
    *,
    name: str = "",
    between: tuple[float, float] | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Describe one parameter; `name` is needed where it is dotted."""
    metadata = {"description": description, "name": name, "between": between, "choices": choices}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Parameters:
    """What the node was told; a negative number means "as the profile says" where noted.

    Raises:
        ParameterError: a value is outside of its range or not one of its choices.
    """

    model: str = parameter(
        "rex_thinker_7b",
        "Model profile: rex_thinker_7b (its weights must be on this machine) or demo (embedded).",
    )
    device: str = parameter(
        "auto", "Where the models run: auto (a GPU if there is one), cpu, cuda or cuda:N."
    )
    detector_path: str = parameter(
        "",
        "Directory of the detector's weights; empty takes the profile's own.",
        name="detector.path",
    )
    detector_box_threshold: float = parameter(
        -1.0,
        "Least score of a candidate; negative takes the profile's own.",
        name="detector.box_threshold",
        between=(-1.0, 1.0),
    )
    detector_text_threshold: float = parameter(
        -1.0,
        "Least score of a word of the category; negative takes the profile's own.",
        name="detector.text_threshold",
        between=(-1.0, 1.0),
    )
    detector_nms_iou: float = parameter(
        -1.0,
        "Candidates that overlap more than this (IoU) are duplicates; negative takes the "
        "profile's own.",
        name="detector.nms_iou",
        between=(-1.0, 1.0),
    )
    detector_max_candidates: int = parameter(
        -1,
        "Most candidates, the highest scores are kept; negative takes the profile's own.",
        name="detector.max_candidates",
        between=(-1, 1000),
    )
    reasoner_path: str = parameter(
        "",
        "Directory of the reasoner's weights; empty takes the profile's own.",
        name="reasoner.path",
    )
    reasoner_max_new_tokens: int = parameter(
        -1,
        "Most tokens of one answer, beyond it the outcome is TRUNCATED; negative takes the "
        "profile's own.",
        name="reasoner.max_new_tokens",
        between=(-1, 32768),
    )
    reasoner_max_seconds: float = parameter(
        -1.0,
        "Most seconds of one reasoning, beyond it the outcome is TIMEOUT; negative takes the "
        "profile's own.",
        name="reasoner.max_seconds",
        between=(-1.0, 3600.0),
    )
    on_new_command: str = parameter(
        "newest_wins",
        "What to do with a command that comes while another is worked on: newest_wins preempts "
        "the other, queue lets the new one wait, reject refuses it (BUSY).",
        choices=("newest_wins", "queue", "reject"),
    )
    queue_size: int = parameter(
        10,
        "Most commands that wait with on_new_command queue; a further one is refused (BUSY).",
        between=(1, 1000),
    )
    verify_order: bool = parameter(
        True,
        "Check orders that the boxes can settle (second from the left, largest): a choice that "
        "contradicts them is a CONTRADICTION.",
    )
    min_confidence: float = parameter(
        0.0,
        "Least confidence of FOUND, in logits between the best and the next best token, else "
        "LOW_CONFIDENCE; 0 asks for none. Not calibrated: choose it per model.",
        between=(0.0, 1000.0),
    )
    max_command_characters: int = parameter(
        512, "Longest command in characters; a longer one is refused.", between=(1, 100_000)
    )
    max_image_age: float = parameter(
        1.0,
        "Oldest image to decide on, in seconds between its stamp and the node's clock; "
        "0 accepts any age.",
        between=(0.0, 86400.0),
    )
    image_timeout: float = parameter(
        1.0,
        "Seconds that a command waits for a fresh image before it is refused.",
        between=(0.0, 3600.0),
    )
    image_transport: str = parameter(
        "raw",
        "raw subscribes to image (sensor_msgs/Image), compressed to image/compressed "
        "(sensor_msgs/CompressedImage, JPEG or PNG).",
        choices=("raw", "compressed"),
    )
    image_qos: str = parameter(
        "auto",
        "Reliability of the image subscription; auto is reliable where all publishers are, "
        "else best effort.",
        choices=("auto", "reliable", "best_effort"),
    )
    image_decoder: str = parameter(
        "numpy",
        "What decodes images: numpy (this package's own) or cv_bridge (must be installed).",
        choices=("numpy", "cv_bridge"),
    )
    image_silence: float = parameter(
        3.0,
        "Seconds without an image after which the diagnostics warn.",
        between=(0.1, 3600.0),
    )
    autostart: bool = parameter(
        True, "Configure and activate at start, and exit with an error if that fails."
    )
    diagnostics_period: float = parameter(
        1.0, "Seconds between two diagnostics messages.", between=(0.1, 60.0)
    )

    def __post_init__(self) -> None:
        for spec in fields(self):
            _check(spec, getattr(self, spec.name))


def _check(spec: Field[Any], value: Any) -> None:
    between, choices = spec.metadata["between"], spec.metadata["choices"]
    if between and (math.isnan(value) or not between[0] <= value <= between[1]):
        raise ParameterError(
            f"parameter {ros_name(spec)} is {value}: it must be from {between[0]} to {between[1]}"
        )
    if choices and value not in choices:
        raise ParameterError(
            f"parameter {ros_name(spec)} is '{value}': it must be one of {', '.join(choices)}"
        )


def ros_name(spec: Field[Any]) -> str:
    """Name the parameter of this field as ROS sees it, such as `detector.box_threshold`."""
    return spec.metadata["name"] or spec.name


def _descriptor(spec: Field[Any]) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=spec.metadata["description"], read_only=ros_name(spec) in READ_AT_START
    )
    if spec.metadata["choices"]:
        descriptor.additional_constraints = "one of " + ", ".join(spec.metadata["choices"])
    if spec.metadata["between"]:
        low, high = spec.metadata["between"]
        if isinstance(spec.default, float):
            bounds = FloatingPointRange(from_value=float(low), to_value=float(high))
            descriptor.floating_point_range = [bounds]
        else:
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    return descriptor


PARAMETER_NAMES = tuple(ros_name(spec) for spec in fields(Parameters))


def declare_parameters(node: Node) -> None:
    """Declare every parameter on `node` with its description and range."""
    for spec in fields(Parameters):
        node.declare_parameter(ros_name(spec), spec.default, _descriptor(spec))


def read_parameters(node: Node) -> Parameters:
    """Read the current values.

    Raises:
        ParameterError: a value is outside of its range or not one of its choices.
    """
    values = {spec.name: node.get_parameter(ros_name(spec)).value for spec in fields(Parameters)}
    return Parameters(**values)
