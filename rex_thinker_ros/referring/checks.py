"""Which checks of a decision are on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checks:
    """Say which checks of a decision are on: see decide, require_confidence and Referrer."""

    verify_order: bool = True
    min_confidence: float = 0.0
    second_reading: bool = True


DEFAULTS = Checks()
