"""A picture of a referral: candidates numbered and coloured by verdict, the chosen marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import cv2
import numpy as np

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.detector import RgbImage

Color = tuple[int, int, int]
Corner = tuple[int, int]

VERDICT_COLORS: dict[Verdict, Color] = {
    Verdict.UNKNOWN: (90, 150, 235),
    Verdict.MATCH: (40, 200, 110),
    Verdict.NO_MATCH: (225, 85, 85),
    Verdict.UNSURE: (240, 180, 50),
}
WHITE: Color = (255, 255, 255)
DIMMED = 0.6  # brightness of what was not chosen
_FONT = cv2.FONT_HERSHEY_DUPLEX


def annotate(
    image_rgb: RgbImage, candidates: Sequence[Candidate], chosen_boxes: Collection[Box]
) -> RgbImage:
    """Draw candidates and chosen boxes, both in pixels of `image_rgb`, on a copy of it.

    Where something was chosen, the rest of the picture is dimmed.
    """
    picture = _dimmed(image_rgb, chosen_boxes) if chosen_boxes else image_rgb.copy()
    unit = max(1, round(min(picture.shape[:2]) / 240))  # lines and letters grow with the image
    for candidate in candidates:
        if candidate.box not in chosen_boxes:
            _outline(picture, candidate.box, VERDICT_COLORS[candidate.verdict], unit)
    for box in chosen_boxes:
        _outline(picture, box, WHITE, 3 * unit)
        _outline(picture, box, VERDICT_COLORS[Verdict.MATCH], 2 * unit)
    for candidate in candidates:
        _number(picture, candidate, unit)
    return picture


def _dimmed(image_rgb: RgbImage, bright_boxes: Collection[Box]) -> RgbImage:
    picture = (image_rgb * DIMMED).astype(np.uint8)
    for box in bright_boxes:
        (left, top), (right, bottom) = _corners(box)
        left, top = max(0, left), max(0, top)
        picture[top:bottom, left:right] = image_rgb[top:bottom, left:right]
    return picture


def _corners(box: Box) -> tuple[Corner, Corner]:
    return (round(box.x0), round(box.y0)), (round(box.x1), round(box.y1))


def _outline(picture: RgbImage, box: Box, color: Color, thickness: int) -> None:
    top_left, bottom_right = _corners(box)
    cv2.rectangle(picture, top_left, bottom_right, color, thickness, cv2.LINE_AA)


def _number(picture: RgbImage, candidate: Candidate, unit: int) -> None:
    """Put the number on a chip over the box's top left corner, inside of the picture."""
    text, scale = str(candidate.number), 0.42 * unit
    (text_width, text_height), _ = cv2.getTextSize(text, _FONT, scale, unit)
    margin = 3 * unit
    width, height = text_width + 2 * margin, text_height + 2 * margin
    (left, top), _ = _corners(candidate.box)
    left = min(max(0, left - unit), max(0, picture.shape[1] - width))
    top = min(max(0, top - height), max(0, picture.shape[0] - height))
    color = VERDICT_COLORS[candidate.verdict]
    cv2.rectangle(picture, (left, top), (left + width, top + height), color, cv2.FILLED)
    origin = (left + margin, top + margin + text_height)
    cv2.putText(picture, text, origin, _FONT, scale, WHITE, unit, cv2.LINE_AA)
