"""How a prompt differs from those that were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from rex_thinker_ros.referring.prompt import Prompt


def prompt_change(recorded: Sequence[Prompt], asked: Prompt) -> str:
    """Return a clause on what differs from the nearest of the recorded prompts, one at least."""
    texts = {prompt.user: prompt for prompt in recorded}
    (text,) = get_close_matches(asked.user, texts, n=1, cutoff=0.0)
    return " and ".join(_changes(texts[text], asked))


def _changes(before: Prompt, now: Prompt) -> list[str]:
    found = [
        f"the {name} was '{old}', and is '{new}'"
        for name, old, new in (
            ("category", before.category, now.category),
            ("expression", before.expression, now.expression),
        )
        if old != new
    ]
    if before.resized != now.resized:
        found.append(
            f"the model saw {before.resized.width} x {before.resized.height} pixels, and sees "
            f"{now.resized.width} x {now.resized.height}"
        )
    elif before.hint_boxes != now.hint_boxes:
        found.append(f"the {len(before.hint_boxes)} candidates are others")
    return found
