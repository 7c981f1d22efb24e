"""Disturbed images: each disturbance does what its strength says, and a seed repeats it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from rex_thinker_ros.training.disturbances import DISTURBANCES, encode, light, line_kernel
from rex_thinker_ros.training.effects import from_jpeg, to_jpeg

GRAY = np.full((480, 640, 3), 186, np.uint8)  # half the light of white


def disturb(name: str, image: np.ndarray, seed: int = 0) -> np.ndarray:
    return DISTURBANCES[name].apply(image, np.random.default_rng(seed))


def picture() -> np.ndarray:
    noise = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)
    return cv2.resize(noise, (640, 480), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("name", DISTURBANCES)
def test_a_seed_gives_the_same_image_again_and_leaves_the_original_alone(name: str) -> None:
    image = picture()
    first, again = disturb(name, image), disturb(name, image)
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert first.shape[2] == 3
    assert np.array_equal(first, again)
    assert np.array_equal(image, picture())
    assert (first.shape == image.shape) == (name not in ("small", "large"))
    assert np.array_equal(first, image) == (name == "none")


@pytest.mark.parametrize("name", ["shake", "dark"])
def test_another_seed_gives_another_image(name: str) -> None:
    assert not np.array_equal(disturb(name, picture(), 1), disturb(name, picture(), 2))


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("small", (480, 640), (240, 320)),
        ("small", (480, 848), (208, 368)),
        ("small", (720, 1280), (208, 370)),
        ("large", (480, 640), (831, 1109)),
        ("large", (720, 1280), (720, 1280)),
    ],
)
def test_sizes_keep_the_ratio_of_the_sides(
    name: str, shape: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert disturb(name, np.zeros((*shape, 3), np.uint8)).shape[:2] == expected


def test_defocus_spreads_a_point_by_its_sigma() -> None:
    dot = np.zeros((480, 640, 3), np.uint8)
    dot[235:246, 315:326] = 255  # a square of 11 pixels: a point would round to nothing
    amounts = light(disturb("defocus", dot))[..., 0].astype(float)
    x = np.arange(640) - 320
    variance = (amounts.sum(0) * x**2).sum() / amounts.sum()
    assert np.sqrt(variance - (11**2 - 1) / 12) == pytest.approx(2.5, abs=0.15)


@pytest.mark.parametrize("length", [1.0, 7.5, 15.0])
@pytest.mark.parametrize("degrees", [0, 30, 90, 135])
def test_a_shake_is_a_line_of_its_length_and_angle(length: float, degrees: int) -> None:
    kernel = line_kernel(length, np.radians(degrees)).astype(float)
    rows, columns = np.indices(kernel.shape) - kernel.shape[0] // 2
    along = columns * np.cos(np.radians(degrees)) + rows * np.sin(np.radians(degrees))
    across = columns * np.sin(np.radians(degrees)) - rows * np.cos(np.radians(degrees))
    assert kernel.sum() == pytest.approx(1)
    # a line's variance is its length squared by 12; pixels add up to a quarter
    assert (kernel * along**2).sum() == pytest.approx(length**2 / 12, rel=0.1, abs=0.3)
    assert (kernel * across**2).sum() < 0.3


def test_a_shake_keeps_the_light() -> None:
    bars = np.zeros((480, 640, 3), np.uint8)
    bars[:, ::40] = bars[:, 1::40] = 255
    assert light(disturb("shake", bars)).mean() == pytest.approx(light(bars).mean(), rel=0.03)


def test_jpeg_loses_more_than_what_training_shows() -> None:
    image = picture()
    mild = np.abs(from_jpeg(to_jpeg(image, 60)).astype(int) - image).mean()
    assert np.abs(disturb("jpeg", image).astype(int) - image).mean() > 1.3 * mild


def test_dark_leaves_a_tenth_of_the_light_and_grain() -> None:
    dark = disturb("dark", GRAY)
    assert light(dark).mean() == pytest.approx(light(GRAY).mean() * 0.1, rel=0.05)
    # 250 electrons: shot noise of 15.8 and 5 of reading make 6.6 % of the light
    assert light(dark).std() / light(dark).mean() == pytest.approx(0.066, rel=0.1)


@pytest.mark.parametrize(
    ("name", "gains"), [("warm", (1.25, 1.0, 0.55)), ("cold", (0.65, 1.0, 1.35))]
)
def test_a_cast_scales_the_light_of_each_channel(name: str, gains: tuple[float, ...]) -> None:
    gray = np.full((4, 4, 3), 128, np.uint8)
    assert light(disturb(name, gray))[0, 0] / light(gray)[0, 0] == pytest.approx(gains, rel=0.02)


def test_encoding_is_the_inverse_of_light() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    assert np.array_equal(encode(light(values)), values)
