"""Changed commands: understood in clean words, or refused. benchmarks/fuzz.py tries many more."""

from __future__ import annotations

from collections import Counter

from fuzz_commands import CommandCase, check_command, make_command
from mutations import random_of

SEED, COUNT = 1, 150


def test_changed_commands_are_understood_or_refused() -> None:
    outcomes: Counter[str] = Counter()
    for number in range(COUNT):
        case = make_command(random_of(SEED, number))
        try:
            outcomes[check_command(case)] += 1
        except Exception as error:
            raise AssertionError(f"case {number} of seed {SEED}: {case!a}") from error
    assert outcomes["understood: one"] > 0.1 * COUNT, "hardly any survives: this shows nothing"
    assert {"understood: all", "refused: no object", "refused: signs"} <= set(outcomes)
    assert "refused: other" not in outcomes, "a refusal has new words: name it in REFUSALS"


def test_a_very_long_text_is_refused_at_the_door() -> None:
    assert check_command(CommandCase("pick up the mug " * 100_000)) == "refused: too long"
