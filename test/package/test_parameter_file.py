"""The annotated parameter file says what the node's own table says."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from rex_thinker_ros.ros.parameter_fields import ros_name
from rex_thinker_ros.ros.parameters import Parameters

PARAMETER_FILE = Path(__file__).parents[2] / "config" / "refer.yaml"


def flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves by their dotted names."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def test_the_parameter_file_holds_every_parameter_at_its_default() -> None:
    written = flatten(yaml.safe_load(PARAMETER_FILE.read_text())["/**"]["ros__parameters"])
    defaults = {ros_name(spec): spec.default for spec in fields(Parameters)}
    declared = {
        name: list(default) if isinstance(default, tuple) else default
        for name, default in defaults.items()
    }

    assert written == declared
    assert {name: type(value) for name, value in written.items()} == {
        name: type(value) for name, value in declared.items()
    }
