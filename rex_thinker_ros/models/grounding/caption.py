"""The text that Grounding DINO reads for a category."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any


def caption(category: str, contrast: str = "") -> str:
    """Return the text the detector was trained on, "mug." for "Mug".

    After the category come the names of `contrast`, which commas separate, but for those whose
    words the category has: "mug. bowl." Full stops and question marks within a name would separate
    names and are dropped. ValueError for a category without a word.
    """
    words = _words(category)
    if not words:
        raise ValueError(f"the category {category!r} names nothing to detect")
    others = [_words(name) for name in contrast.split(",")]
    names = [words, *(other for other in others if not set(other) <= set(words))]
    return " ".join(" ".join(name) + "." for name in names)


def word_positions(ids: Sequence[int], tokenizer: Any) -> list[int]:
    """Return where the tokens of a caption that stand for words of the category are.

    ValueError for a caption without a full stop.
    """
    category = ids[: ids.index(tokenizer.convert_tokens_to_ids("."))]
    # a category of unknown words only still has [UNK] to be matched by
    others = {*tokenizer.all_special_ids} - {tokenizer.unk_token_id}
    return [position for position, token in enumerate(category) if token not in others]


def _words(name: str) -> list[str]:
    return re.sub(r"[.?]", " ", name.lower()).split()
