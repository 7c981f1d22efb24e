"""Which checks of a decision are on."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.referring.view import PLANS

MOST_READINGS = len(PLANS)
"""How often the models can be asked about one image, each time in another view."""


@dataclass(frozen=True, slots=True)
class Checks:
    """Say which checks of a decision are on: see decide, require_confidence and settled.

    ValueError unless 1 <= max_readings <= MOST_READINGS.
    """

    verify_order: bool = True
    min_confidence: float = 0.0
    max_readings: int = 4
    confirm: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.max_readings <= MOST_READINGS:
            raise ValueError(
                f"max_readings must lie in 1 to {MOST_READINGS}, got {self.max_readings}"
            )


DEFAULTS = Checks()
