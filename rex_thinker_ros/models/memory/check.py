"""Refuse models that will not fit, before they are loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rex_thinker_ros.models.memory.need import MemoryNeed, amount, needed_together
from rex_thinker_ros.user_error import UserError


class MemoryNeedError(UserError):
    """Say how much memory the models need, how much is free, and what would fit."""


def check_fits(
    needs: Mapping[str, MemoryNeed],
    free: float,
    place: str,
    smaller: Mapping[str, float],
    say: Callable[[str], object],
) -> None:
    """Say what each model needs and what is free, in bytes; MemoryNeedError if it is too much.

    place names the device. smaller holds what quantizations would need in all, by name.
    """
    total = needed_together(needs.values())
    parts = ", ".join(f"{name} {need}" for name, need in needs.items())
    say(f"Memory needed on {place}: {amount(total)} of {amount(free)} free: {parts}.")
    if total <= free:
        return
    fitting = [f"{name} ({amount(need)})" for name, need in smaller.items() if need <= free]
    ways = [
        f"set reasoner.quantization to {' or '.join(fitting)}" if fitting else "",
        "free memory there",
        "lower reasoner.max_pixels or reasoner.max_new_tokens",
        "reason on a server (reasoner.server)",
    ]
    raise MemoryNeedError(
        f"The models need {amount(total)} on {place}, where {amount(free)} are free "
        f"({parts}). What helps: {'; '.join(filter(None, ways))}."
    )
