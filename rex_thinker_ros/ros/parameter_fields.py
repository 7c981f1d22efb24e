"""Fields of a dataclass that are parameters of a node: described, bounded, declared, read."""

from __future__ import annotations

import math
from dataclasses import Field, field, fields
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node


class ParameterError(ValueError):
    """A parameter has a value that the node cannot work with; the text says which and why."""


def parameter(
    default: bool | float | str | tuple[str, ...],
    description: str,
    *,
    name: str = "",
    between: tuple[float, float] | None = None,
    choices: tuple[str, ...] = (),
    live: bool = False,
    read_only: bool = False,
) -> Any:
    """Describe one parameter; `name` is needed where it is dotted.

    A live one may change at any time, a read_only one never; the others while unconfigured.
    """
    metadata = {
        "description": description, "name": name, "between": between, "choices": choices,
        "live": live, "read_only": read_only,
    }  # fmt: skip
    return field(default=default, metadata=metadata)


def ros_name(spec: Field[Any]) -> str:
    """Name the parameter of this field as ROS sees it, such as `detector.box_threshold`."""
    return spec.metadata["name"] or spec.name


def check_value(spec: Field[Any], value: Any) -> None:
    """Raise ParameterError if the value is outside of its range or not one of its choices."""
    between, choices = spec.metadata["between"], spec.metadata["choices"]
    if between and (math.isnan(value) or not between[0] <= value <= between[1]):
        raise ParameterError(
            f"parameter {ros_name(spec)} is {value}: it must be from {between[0]} to {between[1]}"
        )
    if choices and value not in choices:
        raise ParameterError(
            f"parameter {ros_name(spec)} is '{value}': it must be one of {', '.join(choices)}"
        )


def declare_fields(node: Node, kind: type[Any]) -> None:
    """Declare every field of a dataclass of parameters on `node`."""
    for spec in fields(kind):
        default = list(spec.default) if isinstance(spec.default, tuple) else spec.default
        node.declare_parameter(ros_name(spec), default, _descriptor(spec))


def read_fields(node: Node, kind: type[Any]) -> dict[str, Any]:
    """Return the current values by the names of the fields, lists as tuples."""
    values = {spec.name: node.get_parameter(ros_name(spec)).value for spec in fields(kind)}
    return {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}


def _descriptor(spec: Field[Any]) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=spec.metadata["description"], read_only=spec.metadata["read_only"]
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
