"""Changed image messages: pixels or an ImageError. benchmarks/fuzz.py tries many more."""

from __future__ import annotations

from collections import Counter

import pytest
from fuzz_images import check_image, make_image
from mutations import random_of

SEED, COUNT = 1, 400


@pytest.mark.filterwarnings("error", "default::ResourceWarning")  # earlier tests' garbage
def test_changed_images_are_decoded_or_refused(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes: Counter[str] = Counter()
    for number in range(COUNT):
        case = make_image(random_of(SEED, number))
        try:
            outcomes[check_image(case)] += 1
        except Exception as error:
            raise AssertionError(f"case {number} of seed {SEED}: {ascii(case)[:2000]}") from error
    capfd.readouterr()  # decoders in C complain there about what we give them
    assert min(outcomes.values()) > 0.1 * COUNT, "one outcome is rare: this shows little"
    assert set(outcomes) == {
        "raw: decoded", "raw: refused", "compressed: decoded", "compressed: refused",
    }  # fmt: skip
