"""The annotated parameter file says what the node's own table says."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from rex_thinker_ros.ros.parameters import Parameters, ros_name

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
    declared = {ros_name(spec): spec.default for spec in fields(Parameters)}

    assert written == declared
    assert {name: type(value) for name, value in written.items()} == {
        name: type(value) for name, value in declared.items()
    }
