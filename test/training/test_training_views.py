"""Views for training: what is cut, mirrored or spoilt still has its boxes where they are seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tabletops import IMAGE, random_objects

from rex_thinker_ros.training.disturbances import spoil
from rex_thinker_ros.training.effects import to_jpeg
from rex_thinker_ros.training.store import StoredScene
from rex_thinker_ros.training.views import draw_view

OBJECTS = tuple(random_objects(3))
SIDES = [IMAGE.width, IMAGE.height] * 2
GRAY = np.full((IMAGE.height, IMAGE.width, 3), 128, np.uint8)


def scene() -> StoredScene:
    """Return a picture that is white in the first object's box, and else gray."""
    picture = GRAY.copy()
    x0, y0, x1, y1 = (round(edge) for edge in OBJECTS[0].box.as_tuple())
    picture[y0:y1, x0:x1] = 255
    return StoredScene(to_jpeg(picture, 95), IMAGE, OBJECTS)


@pytest.mark.parametrize("seed", range(20))
def test_a_box_lies_where_its_object_is_seen(seed: int) -> None:
    view = draw_view(scene(), np.random.default_rng(seed))
    height, width = view.image.shape[:2]
    assert (view.corners >= 0).all()
    assert (view.corners <= 1).all()
    x0, y0, x1, y1 = (view.corners[0] * torch.tensor([width, height] * 2)).round().int().tolist()
    rest = view.image.astype(float).mean(2)
    inside = rest[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].mean()
    rest[y0:y1, x0:x1] = np.nan
    assert inside > 1.2 * np.nanmean(rest)


def test_some_views_are_the_whole_image_some_cut_and_some_mirrored() -> None:
    plain = torch.tensor(OBJECTS[0].box.as_tuple()) / torch.tensor(SIDES)
    views = [draw_view(scene(), np.random.default_rng(seed)) for seed in range(30)]
    whole = [v for v in views if v.image.shape == GRAY.shape]
    assert 5 < len(whole) < 25
    mirrored = [v for v in whole if not torch.allclose(v.corners[0], plain, atol=1e-5)]
    assert 0 < len(mirrored) < len(whole)
    for view in mirrored:
        assert float(view.corners[0, 0] + plain[2]) == pytest.approx(1, abs=1e-5)


def test_some_images_are_spoilt_in_light_sharpness_or_color() -> None:
    spoilt = [spoil(GRAY, np.random.default_rng(seed)) for seed in range(60)]
    same = sum(np.array_equal(image, GRAY) for image in spoilt)
    assert 20 < same < 60  # a blurred plain gray is the same, too
    means = np.array([image.mean((0, 1)) for image in spoilt])
    assert means.min() < 80
    assert (np.ptp(means, axis=1) > 10).any()
