"""Which of a set is learned from at which step."""

from __future__ import annotations

import numpy as np


def chosen(step: int, batch: int, count: int, seed: int) -> list[int]:
    """Return the indices of a step, each of `count` once before any comes again.

    They depend on nothing else, so that a run which is resumed goes on in its order.
    """
    places = range(step * batch, (step + 1) * batch)
    return [
        int(np.random.default_rng([seed, place // count]).permutation(count)[place % count])
        for place in places
    ]
