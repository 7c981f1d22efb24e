"""Which things on a table stand before which, told from their boxes in the image."""

from __future__ import annotations

from rex_thinker_ros.referring.boxes import Box

INSIDE = 0.9  # of a box
SAME = 0.6  # IoU


def hides(nearer: Box, box: Box) -> bool:
    """Tell whether the first of two boxes of what is visible of things hides part of the other.

    What reaches further down in the image is nearer. A box that lies all but wholly in a nearer
    one's can be seen there nonetheless, past its outline; or both are of the same thing. The boxes
    share one coordinate space.
    """
    shared = box.shared_area(nearer)
    return nearer.y1 > box.y1 and 0 < shared < INSIDE * box.area and box.iou(nearer) < SAME
