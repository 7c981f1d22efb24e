"""What may befall a picture, beyond what `effects` does to every scene that is rendered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.effects import from_jpeg, to_jpeg

Disturb = Callable[[np.ndarray, np.random.Generator], np.ndarray]

GAMMA = 2.2
FULL_WELL = 5000  # electrons of a pixel that is white
READ_NOISE = 5  # electrons


@dataclass(frozen=True)
class Disturbance:
    """A change to an (H, W, 3) uint8 RGB image, maybe of its size, drawn from a generator.

    `strength` says how strong it is, and `trained` what training shows of it, if anything.
    """

    apply: Disturb
    strength: str
    trained: str = "no"


def _resize(pixels: Size) -> Disturb:
    """Resize to as many pixels, keeping the ratio of the sides."""

    def apply(image: np.ndarray, _: np.random.Generator) -> np.ndarray:
        height, width = image.shape[:2]
        factor = (pixels.width * pixels.height / (width * height)) ** 0.5
        size = round(width * factor), round(height * factor)
        return cv2.resize(
            image, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        )

    return apply


def _defocus(sigma: float) -> Disturb:
    """Blur by a Gaussian; sigma in pixels of an image of 480 rows."""

    def apply(image: np.ndarray, _: np.random.Generator) -> np.ndarray:
        return encode(cv2.GaussianBlur(light(image), (0, 0), sigma * image.shape[0] / 480))

    return apply


def _shake(length: float) -> Disturb:
    """Move the camera along a line while the shutter is open; pixels of an image of 480 rows."""

    def apply(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        angle = rng.uniform(0, np.pi)
        kernel = line_kernel(length * image.shape[0] / 480, angle)
        return encode(cv2.filter2D(light(image), -1, kernel))

    return apply


def _recompress(quality: int) -> Disturb:
    def apply(image: np.ndarray, _: np.random.Generator) -> np.ndarray:
        return from_jpeg(to_jpeg(image, quality))

    return apply


def _underexpose(gain: float) -> Disturb:
    """Scale the encoded values by a gain, by taking light away; what is left of it is grainy."""

    def apply(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        electrons = rng.poisson(light(image) * gain**GAMMA * FULL_WELL)
        return encode((electrons + rng.normal(0, READ_NOISE, image.shape)) / FULL_WELL)

    return apply


def _balance(*gains: float) -> Disturb:
    """Scale the light of red, green and blue, as a wrong white balance does."""

    def apply(image: np.ndarray, _: np.random.Generator) -> np.ndarray:
        return encode(light(image) * np.array(gains, np.float32))

    return apply


def light(image: np.ndarray) -> np.ndarray:
    """Return the light, (H, W, 3) float32 in 0..1, that uint8 pixels stand for."""
    return (image.astype(np.float32) / 255) ** GAMMA


def encode(amounts: np.ndarray) -> np.ndarray:
    """Return uint8 pixels for amounts of light; the inverse of `light`."""
    return np.rint(np.clip(amounts, 0, 1) ** (1 / GAMMA) * 255).astype(np.uint8)


def line_kernel(length: float, angle: float) -> np.ndarray:
    """Return a square kernel (N, N) that sums to 1: a line through its middle, in radians."""
    half = int(np.ceil(length / 2)) + 1
    along = np.linspace(-length / 2, length / 2, 8 * int(np.ceil(length)) + 1)
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    places = np.stack([along * np.sin(angle), along * np.cos(angle)], 1) + half
    low = np.floor(places).astype(int)
    part = places - low
    for row, column in np.ndindex(2, 2):
        weight = np.abs(1 - row - part[:, 0]) * np.abs(1 - column - part[:, 1])
        np.add.at(kernel, (low[:, 0] + row, low[:, 1] + column), weight)
    return kernel / kernel.sum()


SPOILT = 0.4
"""Share of the images that training disturbs."""


def spoil(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an (H, W, 3) uint8 RGB image as training shows it: some are disturbed in one way."""
    if rng.random() > SPOILT:
        return image
    kind = int(rng.integers(5))
    if kind == 0:
        return _underexpose(float(rng.uniform(0.3, 0.9)))(image, rng)
    if kind == 1:
        return _defocus(float(rng.uniform(0.5, 2.5)))(image, rng)
    if kind == 2:
        return _shake(float(rng.uniform(3, 15)))(image, rng)
    if kind == 3:
        return _recompress(int(rng.integers(15, 60)))(image, rng)
    return _balance(*rng.uniform(0.6, 1.4, 3))(image, rng)


DISTURBANCES: dict[str, Disturbance] = {
    "none": Disturbance(lambda image, _: image, "as rendered", "as the scenes are"),
    "small": Disturbance(_resize(Size(320, 240)), "as many pixels as 320x240"),
    "large": Disturbance(_resize(Size(1280, 720)), "enlarged to as many pixels as 1280x720"),
    "defocus": Disturbance(_defocus(2.5), "Gaussian, sigma 2.5 px of 480 rows", "up to 2.5 px"),
    "shake": Disturbance(_shake(15), "a line of 15 px of 480 rows, any direction", "up to 15 px"),
    "jpeg": Disturbance(_recompress(20), "quality 20", "15 to 96"),
    "dark": Disturbance(_underexpose(0.35), "values x 0.35, a tenth of the light", "x 0.3 or more"),
    "warm": Disturbance(_balance(1.25, 1, 0.55), "light of R x 1.25, B x 0.55", "light +-40 %"),
    "cold": Disturbance(_balance(0.65, 1, 1.35), "light of R x 0.65, B x 1.35", "light +-40 %"),
}  # fmt: skip
"""By name, in the order of the table."""
