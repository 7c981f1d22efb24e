"""What may be set about answering."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol


class Settings(Protocol):
    """What answering depends on, such as the parameters of the node; times in seconds."""

    @property
    def verify_order(self) -> bool:
        """Whether orders are checked that the boxes can settle."""

    @property
    def min_confidence(self) -> float:
        """The least confidence of FOUND in logits; 0 asks for none."""

    @property
    def dialogue_timeout(self) -> float:
        """How long a question stays open."""

    @property
    def max_image_age(self) -> float:
        """The oldest image to decide on; 0 accepts any age."""

    @property
    def image_timeout(self) -> float:
        """How long a query waits for a fresh image."""

    @property
    def wait_for_image(self) -> bool:
        """Whether the image must have been taken after the query came."""

    @property
    def depth_tolerance(self) -> float:
        """Most time between an image and its depth."""


@dataclass(frozen=True)
class AnsweringSettings:
    """The settings as they are unless told; fills Settings.

    Raises:
        TypeError: a value is of another kind than its default.
        ValueError: a number is negative.
    """

    verify_order: bool = True
    min_confidence: float = 0.0
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


DEFAULTS = AnsweringSettings()
