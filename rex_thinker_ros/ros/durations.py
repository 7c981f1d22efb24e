"""Durations as an operator reads them."""

from __future__ import annotations


def duration_text(*seconds: float) -> str:
    """Write durations in one unit, that of the longest: "41 / 63 ms" for 0.041 and 0.063."""
    longest = max(abs(value) for value in seconds)
    scale, unit = (1.0, "s") if longest >= 1 else (1000.0, "ms")
    return f"{' / '.join(_two_digits(value * scale) for value in seconds)} {unit}"


def _two_digits(value: float) -> str:
    if abs(value) >= 10:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
