from __future__ import annotations

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from rex_thinker_ros.models.grounding.caption import caption, word_positions

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


@pytest.mark.parametrize(
    ("category", "contrast", "text"),
    [
        ("Mug", "bowl, Coffee  Can", "mug. bowl. coffee can."),
        ("mug", "bowl, mug, can", "mug. bowl. can."),
        ("coffee mug", "mug, bowl", "coffee mug. bowl."),
        ("mug", "coffee mug", "mug. coffee mug."),
        ("mug", " , bowl. can ,", "mug. bowl can."),
        ("mug", "", "mug."),
    ],
)
def test_other_names_follow_the_category(category: str, contrast: str, text: str) -> None:
    assert caption(category, contrast) == text


def test_the_words_are_the_categorys_own(random_detector: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(random_detector)
    alone, among = (
        tokenizer(text)["input_ids"] for text in ("red mug.", "red mug. remote. mug red.")
    )
    assert word_positions(alone, tokenizer) == word_positions(among, tokenizer) == [1, 2]
