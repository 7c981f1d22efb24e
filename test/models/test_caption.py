from __future__ import annotations

import pytest

from rex_thinker_ros.models.grounding.caption import caption

CAPTIONS = {
    "lower case and a full stop": ("Mug", "mug."),
    "several words": ("  Remote   Control ", "remote control."),
    "a full stop of its own": ("mug.", "mug."),
    "no second caption by punctuation": ("mug. person? cup", "mug person cup."),
}


@pytest.mark.parametrize(("category", "text"), CAPTIONS.values(), ids=CAPTIONS.keys())
def test_the_caption_is_what_the_model_was_trained_on(category: str, text: str) -> None:
    assert caption(category) == text


@pytest.mark.parametrize("category", ["", " ", ".", "?."])
def test_a_category_without_a_word_is_refused(category: str) -> None:
    with pytest.raises(ValueError, match="nothing to detect"):
        caption(category)
