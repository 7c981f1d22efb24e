"""Whether this machine can render: the renderer's library is not a Python package."""

from __future__ import annotations

import ctypes.util

NO_RENDERING = "rendering needs libOSMesa: apt install libosmesa6"


def can_render() -> bool:
    """Tell whether it is there."""
    return ctypes.util.find_library("OSMesa") is not None
