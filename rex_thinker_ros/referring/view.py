"""How the readings of one command differ: in what is shown of the image, and in the order.

What a model misses in one view it often sees in another, since the image falls otherwise into its
cells; and what it miscounts in one order it may count rightly in the other. Measured in
docs/training.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.candidate import Candidate, in_reverse
from rex_thinker_ros.referring.prompt import PATCH_PIXELS
from rex_thinker_ros.referring.window import Window

LEAST_SHOWN = 0.7
"""Of a candidate's area: a view that shows less of one is no use."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Say how a view cuts the image at its left, top, right and bottom edge, in half cells.

    A cell becomes one image token. Less than 0 adds to the image instead. backwards: the candidates
    stand in the reverse order of the detector's.
    """

    cut: tuple[int, int, int, int]
    backwards: bool


PLANS = (
    Plan((0, 0, 0, 0), backwards=False),
    Plan((1, 1, 1, 1), backwards=True),
    Plan((-2, -2, -2, -2), backwards=False),
    Plan((-1, -1, 1, 1), backwards=True),
    Plan((-1, -1, -1, -1), backwards=True),
)
"""The views of a command, by reading: as it is, larger, smaller, moved, a bit smaller."""


@dataclass(frozen=True, slots=True)
class View:
    """Hold what a reading is shown of the image, in full-image pixels, and in which order."""

    window: Window
    backwards: bool = False

    def order(self, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """Return candidates in the detector's order in that of the view, or those back."""
        return in_reverse(candidates) if self.backwards else tuple(candidates)

    def shown(self, ordered: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """Return candidates in the order of the view with their boxes in the window's pixels."""
        return tuple(replace(c, box=self.window.box(c.box)) for c in ordered)

    def shows(self, candidates: Sequence[Candidate]) -> bool:
        """Tell whether enough of each candidate is shown to judge it, and no two look the same."""
        boxes = [self.window.box(candidate.box) for candidate in candidates]
        return len(set(boxes)) == len(boxes) and all(
            box.area >= LEAST_SHOWN * candidate.box.area
            for box, candidate in zip(boxes, candidates, strict=True)
        )


def whole(image: Size) -> View:
    """Return the view of an image as it is, of that size in pixels."""
    return View(Window(0, 0, image.width, image.height))


def view_of(plan: Plan, image: Size, resized: Size) -> View | None:
    """Return the view of an image, in pixels, that the model sees resized; None if all is cut."""
    across = PATCH_PIXELS / 2 * image.width / resized.width
    down = PATCH_PIXELS / 2 * image.height / resized.height
    left, top, right, bottom = plan.cut
    edges = (
        round(left * across), round(top * down),
        image.width - round(right * across), image.height - round(bottom * down),
    )  # fmt: skip
    if edges[0] >= edges[2] or edges[1] >= edges[3]:
        return None
    return View(Window(*edges), plan.backwards)
