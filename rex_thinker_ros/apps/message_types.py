"""ROS message classes by the names that bags have for them."""

from __future__ import annotations

import importlib
from typing import Any


def message_type(name: str) -> Any:
    """Return the class of a type such as sensor_msgs/msg/Image; ImportError if not installed."""
    package, _, message = name.partition("/msg/")
    return getattr(importlib.import_module(f"{package}.msg"), message)
