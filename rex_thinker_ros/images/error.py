"""The error of every way to decode images."""

from __future__ import annotations


class ImageError(ValueError):
    """An image message cannot be decoded; the text says what is wrong with it."""
