"""Build the small reasoner's tokenizer: bytes for anything, one token for what is said often."""

from __future__ import annotations

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from rex_thinker_ros.referring.prompt import SYSTEM_PROMPT
from rex_thinker_ros.referring.reasoning_form import AGAINST, AHEAD, ASIDE, SUMMARY, TITLES
from rex_thinker_ros.training.questions import LARGEST
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS, ORDINALS, plural

NUMBERS = LARGEST + 1  # every coordinate of a resized image is one token, with or without a comma
MAX_CANDIDATES = 40

SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
    "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

WORDS = (
    *COLORS, *CATEGORIES, *(plural(c) for c in CATEGORIES), *ORDINALS,
    "leftmost", "rightmost", "largest", "biggest", "smallest", "nearest", "closest", "farthest",
    "left", "right", "front", "behind", "two", "three", "four", "next", "camera", "nothing",
    "from", "the", "of", "to", "in",
)  # fmt: skip

PHRASES = (
    SYSTEM_PROMPT, "system\n", "user\n", "assistant\n", "<think>",
    'Hint: Object and its coordinates in this image: {"', '": [[', "], [", "]]}\nPlease detect ",
    " in the image.", ", ", " [", "]: ", " → ✅\n", " → ❌\n", " → ✅, ", " = ", "\n",
    *(f"- {c.capitalize()}" for c in CATEGORIES), *(f" → {c.capitalize()}" for c in CATEGORIES),
    *(f"{key} = " for key in ("x", "bottom", "size", "distance")),
    *(f" → ✅, {key} = " for key in ("x", "bottom", "size", "distance")),
    *(f", {key} = " for key in ("x", "bottom")),
    *(f" {where}" for where in ("from the left", "from the right", "from left", "from right")),
    *(f" {how} the " for how in (
        "closest to", "nearest to", "next to", "left of", "right of", "to the left of",
        "to the right of", "in front of", "behind")),
    " nearest to the camera", " closest to the camera", " farthest from the camera",
    *(f"- Step {n}: " for n in (1, 2, 3)), "no more\n", "- The ", " is at [", "].\n",
    " is not there.\n", SUMMARY, ": matches → ✅\n",
    ": does not match → ❌\n", "</think><answer>json\n[", '{"bbox_2d": [', ', {"bbox_2d": [',
    '], "label": "', '"}', "]\n</answer>",
)  # fmt: skip

STEPS = tuple(f"{title}\n" for title in TITLES)


# said since a later training run: at the end, so that no id changes; the first one is said no more
LATER = ("- closest:", "- wanted: ", AGAINST, ASIDE, AHEAD)


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Return the tokenizer; any text can be encoded, and decoding gives it back."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in SPECIAL])
    titles = [f"# Step {n}: {step}" for n in (1, 2, 3) for step in STEPS]
    counts = [f" {n}" for n in range(1, MAX_CANDIDATES + 1)]
    ranks = [f"- {word}: " for word in ORDINALS]
    plain = [*PHRASES, *STEPS, *titles, *ranks, *counts, *map(str, range(NUMBERS))]
    plain += [f"{n}, " for n in range(NUMBERS)]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in plain])
    tokenizer.add_tokens(
        [AddedToken(word, normalized=False, single_word=True) for word in dict.fromkeys(WORDS)]
    )
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in LATER])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False,
    )  # fmt: skip
    fast.chat_template = CHAT_TEMPLATE
    return fast
