"""What may be set about answering."""

from __future__ import annotations

from typing import Protocol


class Settings(Protocol):
    """The parameters of the node that answering depends on; times in seconds."""

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
