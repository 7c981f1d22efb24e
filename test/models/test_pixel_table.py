"""Looked-up pixels are those of the image processor, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (
    GroundingDinoImageProcessorPil,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rex_thinker_ros.models.pixel_table import PixelTable

NOISE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)


@pytest.mark.parametrize(
    "settings",
    [{}, {"do_normalize": False}, {"do_rescale": False, "do_normalize": False}],
    ids=["as released", "not normalised", "as they are"],
)
def test_values_are_those_of_the_processor(settings: dict[str, bool]) -> None:
    processor = Qwen2VLImageProcessorPil(**settings)
    picture = Image.fromarray(NOISE)
    whole = processor(images=picture, return_tensors="np")["pixel_values"]
    raw = processor(images=picture, return_tensors="np", do_rescale=False, do_normalize=False)
    patches = raw["pixel_values"]
    found = PixelTable(processor).look_up(patches.reshape(len(patches), 3, -1))
    assert found.dtype == np.float32
    assert np.array_equal(found.reshape(whole.shape), whole)


def test_a_detectors_values_are_those_of_its_processor() -> None:
    processor = GroundingDinoImageProcessorPil(size={"height": 96, "width": 128})
    picture = Image.fromarray(NOISE)
    whole = processor(images=picture, return_tensors="np")["pixel_values"]
    raw = processor(images=picture, return_tensors="np", do_rescale=False, do_normalize=False)
    found = PixelTable(processor).look_up(raw["pixel_values"].reshape(1, 3, -1))
    assert np.array_equal(found.reshape(whole.shape), whole)
