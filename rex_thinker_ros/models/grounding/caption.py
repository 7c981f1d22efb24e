"""The text that Grounding DINO reads for a category."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any


def caption(category: str) -> str:
    """Return the text the detector was trained on, "mug." for "Mug".

    Full stops and question marks within the category would separate captions and are dropped.
    ValueError for a category without a word.
    """
    words = re.sub(r"[.?]", " ", category.lower()).split()
    if not words:
        raise ValueError(f"the category {category!r} names nothing to detect")
    return " ".join(words) + "."


def word_positions(ids: Sequence[int], tokenizer: Any) -> list[int]:
    """Return where the tokens of a caption that stand for words of the category are."""
    others = {*tokenizer.all_special_ids, tokenizer.convert_tokens_to_ids(".")}
    # a category of unknown words only still has [UNK] to be matched by
    others.discard(tokenizer.unk_token_id)
    return [position for position, token in enumerate(ids) if token not in others]
