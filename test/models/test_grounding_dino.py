from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers.models.grounding_dino.processing_grounding_dino import GroundingDinoProcessor

from rex_thinker_ros.models.grounding.grounding_dino import GroundingDinoDetector
from rex_thinker_ros.models.profiles import Profile, load_profile
from rex_thinker_ros.referring.candidate import Candidate

ALL = load_profile("demo", duplicate_iou=1.0, max_candidates=100, second_look="never")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)


def load(directory: Path, profile: Profile) -> GroundingDinoDetector:
    return GroundingDinoDetector(
        directory, name="tiny", profile=profile, device=torch.device("cpu")
    )


def places(candidates: list[Candidate]) -> list[tuple[tuple[float, ...], float]]:
    return [(candidate.box.as_tuple(), candidate.score) for candidate in candidates]


def test_the_candidates_are_those_of_transformers_own_post_processing(
    random_detector: Path, image: np.ndarray
) -> None:
    profile = replace(ALL, box_threshold=0.6, text_threshold=0.6)
    detector = load(random_detector, profile)
    processor, model = (
        GroundingDinoProcessor(detector._images, detector._tokenizer),
        detector._model,
    )
    inputs = processor(images=Image.fromarray(image), text="red mug.", return_tensors="pt")
    with torch.no_grad():
        outputs = model(**inputs)
    stock = processor.post_process_grounded_object_detection(
        outputs, threshold=0.6, text_threshold=0.6, target_sizes=[(120, 160)]
    )[0]
    expected = [
        (box, score)
        for box, score, label in zip(
            stock["boxes"].clamp(torch.zeros(4), torch.tensor([160.0, 120, 160, 120])).tolist(),
            stock["scores"].tolist(),
            stock["text_labels"],
            strict=True,
        )
        if "red" in label or "mug" in label
    ]
    found = detector.detect(image, "red mug")
    assert 1 < len(found) < 20, "the threshold must tell some from others"
    assert [candidate.number for candidate in found] == list(range(1, len(found) + 1))
    assert [score for _, score in places(found)] == pytest.approx([s for _, s in expected])
    for (box, _), (wanted, _) in zip(places(found), expected, strict=True):
        assert box == pytest.approx(wanted, abs=1e-3)


def test_the_text_threshold_asks_for_a_word_of_the_category(
    random_detector: Path, image: np.ndarray
) -> None:
    every = load(random_detector, replace(ALL, box_threshold=0.0, text_threshold=0.0))
    sure = load(random_detector, replace(ALL, box_threshold=0.0, text_threshold=0.7))
    assert 0 < len(sure.detect(image, "mug")) < len(every.detect(image, "mug"))


def test_the_cap_keeps_the_best_in_the_models_order(
    random_detector: Path, image: np.ndarray
) -> None:
    everything = places(load(random_detector, ALL).detect(image, "mug"))
    best = sorted(everything, key=lambda found: -found[1])[:5]
    capped = places(load(random_detector, replace(ALL, max_candidates=5)).detect(image, "mug"))
    assert capped == [found for found in everything if found in best]
    assert capped != best, "the order of scores would hide a wrong order"


def test_no_two_candidates_are_duplicates(random_detector: Path, image: np.ndarray) -> None:
    everything = load(random_detector, ALL).detect(image, "mug")
    distinct = load(random_detector, replace(ALL, duplicate_iou=0.3)).detect(image, "mug")
    assert 1 < len(distinct) < len(everything)
    assert all(a.box.iou(b.box) <= 0.3 for a in distinct for b in distinct if a is not b)


@pytest.mark.parametrize(
    ("width", "height"), [(64, 48), (48, 64), (640, 480), (1280, 720), (37, 211)]
)
def test_boxes_lie_in_the_full_image_whatever_its_size(
    random_detector: Path, width: int, height: int
) -> None:
    image = np.full((height, width, 3), 90, np.uint8)
    found = load(random_detector, ALL).detect(image, "mug")
    assert found
    for box in (candidate.box for candidate in found):
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height
    assert max(candidate.box.x1 for candidate in found) > width / 2


TEXTS = {
    "unknown words": "gizmo",
    "longer than the model's text": "red mug " * 20,
    "not in the alphabet": "кружка 杯子",
}


@pytest.mark.parametrize("category", TEXTS.values(), ids=TEXTS.keys())
def test_any_category_can_be_asked_for(
    random_detector: Path, image: np.ndarray, category: str
) -> None:
    assert load(random_detector, ALL).detect(image, category)


def test_a_long_category_is_cut_to_what_the_model_reads(
    random_detector: Path, image: np.ndarray
) -> None:
    detector = load(random_detector, ALL)
    longest = "red mug " * 6 + "red"  # and three tokens more, the full stop among them
    assert places(detector.detect(image, longest + " mug remote")) == places(
        detector.detect(image, longest)
    )


def test_a_category_of_characters_that_the_tokenizer_drops_has_no_candidates(
    random_detector: Path, image: np.ndarray
) -> None:
    assert load(random_detector, ALL).detect(image, "\u200b") == []


def test_a_second_look_in_doubt_only(random_detector: Path, image: np.ndarray) -> None:
    def detect(second_look: str, threshold: float) -> list[Candidate]:
        profile = replace(ALL, second_look=second_look, box_threshold=threshold)
        return load(random_detector, profile).detect(image, "mug")

    # the scores of random weights lie around a half: a doubt
    assert places(detect("in_doubt", 0.3)) == places(detect("always", 0.3))
    assert places(detect("in_doubt", 0.3)) != places(detect("never", 0.3))


def test_the_second_look_tells_the_category_from_other_things(
    random_detector: Path, image: np.ndarray
) -> None:
    def detect(category: str, contrast: str) -> list[Candidate]:
        profile = replace(ALL, second_look="always", contrast=contrast)
        return load(random_detector, profile).detect(image, category)

    assert places(detect("mug", "red")) != places(detect("mug", ""))


def test_logits_that_are_not_numbers_are_a_fault(random_detector: Path, image: np.ndarray) -> None:
    detector = load(random_detector, ALL)
    with torch.no_grad():
        detector._model.model.text_projection.bias.fill_(math.nan)
    with pytest.raises(FloatingPointError, match="not numbers"):
        detector.detect(image, "mug")
