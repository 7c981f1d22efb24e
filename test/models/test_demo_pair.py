"""The embedded pair on one rendered tabletop; its accuracy is measured elsewhere, on 1,000."""

from __future__ import annotations

import pytest
from table import BOXES, TABLE
from transformers import AutoTokenizer

from rex_thinker_ros.models.find import find_models
from rex_thinker_ros.models.load import load_models, warm_up
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.qwen_inputs import chat_text
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import Detector
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import build_prompt
from rex_thinker_ros.referring.reasoner import Reasoner, StopReason
from rex_thinker_ros.referring.referrer import Referrer

PROFILE = load_profile("demo")


@pytest.fixture(scope="module")
def pair() -> tuple[Detector, Reasoner]:
    return load_models(PROFILE, device="cpu")


def test_the_pair_is_in_the_package_and_small() -> None:
    directories = find_models(PROFILE)
    assert directories.second_detector
    assert directories.reasoner
    models = (directories.detector, directories.second_detector, directories.reasoner)
    files = [file for model in models for file in model.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 30e6
    # save_pretrained writes files that only their owner can read
    assert all(file.stat().st_mode & 0o044 == 0o044 for file in files)


def test_it_warms_up(pair: tuple[Detector, Reasoner]) -> None:
    warm_up(*pair)


@pytest.mark.parametrize("category", BOXES)
def test_the_detector_finds_every_object_of_a_category(
    pair: tuple[Detector, Reasoner], category: str
) -> None:
    found = pair[0].detect(TABLE, category)
    missed = [
        color
        for color, box in BOXES[category].items()
        if all(candidate.box.iou(box) < 0.5 for candidate in found)
    ]
    assert missed == []
    assert len(found) == len(BOXES[category])


def test_its_own_chat_template_agrees_with_the_text_that_it_is_given() -> None:
    tokenizer = AutoTokenizer.from_pretrained(find_models(PROFILE).reasoner, local_files_only=True)
    prompt = build_prompt(
        expression="the red mug",
        category="mug",
        candidates=[],
        image_size=Size(640, 480),
        bounds=PROFILE.bounds,
    )
    templated = tokenizer.apply_chat_template(
        prompt.messages(), tokenize=False, add_generation_prompt=True
    )
    assert templated == chat_text(prompt, 1)
    assert tokenizer.decode(tokenizer(templated)["input_ids"]) == templated


def test_the_reasoning_streams_and_ends(pair: tuple[Detector, Reasoner]) -> None:
    detector, reasoner = pair
    prompt = build_prompt(
        expression="orange mug",
        category="mug",
        candidates=detector.detect(TABLE, "mug"),
        image_size=Size(640, 480),
        bounds=reasoner.bounds,
    )
    pieces: list[str] = []
    completion = reasoner.reason(TABLE, prompt, pieces.append, CancelToken())
    assert completion.stop is StopReason.END
    assert "".join(pieces) == completion.text
    assert completion.text.startswith("<think>")
    assert completion.text.endswith("</answer>")


def test_it_finds_what_is_there_and_abstains_on_what_is_not(
    pair: tuple[Detector, Reasoner],
) -> None:
    referrer = Referrer(*pair)
    wrong = []
    wanted: list[tuple[str, str, Box | None]] = [
        (color, category, box) for category, boxes in BOXES.items() for color, box in boxes.items()
    ]
    wanted += [("yellow", "mug", None), ("red", "block", None), ("green", "bottle", None)]
    for color, category, box in wanted:
        expression = f"{color} {category}"
        command = Command(f"give me {expression}", expression, category, wants_all=False)
        decision = referrer.refer(TABLE, command, Observer(), CancelToken()).decision
        found = [answer for answer in decision.boxes if box and answer.iou(box) >= 0.5]
        expected = Outcome.FOUND if box else Outcome.NO_MATCH
        if decision.outcome is not expected or len(found) != (1 if box else 0):
            wrong.append(f"{expression}: {decision.outcome.name}, {decision.status_text}")
    # tells a broken pair from a working one; how often it is right is measured on 1,000 scenes
    assert len(wrong) <= 1, wrong
