"""What may be set about answering."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rex_thinker_ros.referring.checks import DEFAULTS as CHECKS


@dataclass(frozen=True)
class Settings:
    """What answering depends on, such as parameters of the node; times in seconds.

    verify_order: whether orders and relations are checked, see decide. min_confidence: the least
    confidence of FOUND in logits; 0 asks for none. max_readings: how often the reasoner may be
    asked about one image; confirm: whether two readings must agree on what is found; see Referrer.
    dialogue_timeout: how long a question stays open. max_image_age: the oldest image to decide on;
    0 accepts any age.
    image_timeout: how long a query waits for a fresh image. wait_for_image: whether the image must
    have been taken after the query came. depth_tolerance: most time between an image and its depth.

    Raises:
        TypeError: a value is of another kind than its default.
        ValueError: a number is negative.
    """

    verify_order: bool = True
    min_confidence: float = 0.0
    max_readings: int = CHECKS.max_readings
    confirm: bool = CHECKS.confirm
    dialogue_timeout: float = 10.0
    max_image_age: float = 1.0
    image_timeout: float = 1.0
    wait_for_image: bool = False
    depth_tolerance: float = 0.05

    def __post_init__(self) -> None:
        for spec in fields(self):
            value = getattr(self, spec.name)
            if isinstance(spec.default, bool):
                if not isinstance(value, bool):
                    raise TypeError(f"{spec.name} must be true or false")
            elif isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{spec.name} must be a number")
            elif not value >= 0:
                raise ValueError(f"{spec.name} must not be negative")


DEFAULTS = Settings()
