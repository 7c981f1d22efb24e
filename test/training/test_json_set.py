"""Referring sets in JSON lines: both of upstream's forms, and what is wrong with a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rex_thinker_ros.apps.evaluation.json_lines import SetError
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.training.fine_tuning.json_set import read_json_set
from rex_thinker_ros.training.fine_tuning.read_set import read_split
from rex_thinker_ros.training.fine_tuning.referring_set import ReferringSet
from rex_thinker_ros.training.fine_tuning.settings import DataSettings

LEFT, RIGHT, NEAR_RIGHT = [0, 0, 10, 10], [50, 0, 60, 10], [51, 0, 61, 10]
ELSEWHERE = [200, 200, 220, 220]


def humanref(**changed: Any) -> dict[str, Any]:
    return {
        "id": 7, "image_name": "a.png", "domain": "position", "referring": "right mug",
        "answer_boxes": [RIGHT], "candidate_boxes": [LEFT, RIGHT], "category": "mug", **changed,
    }  # fmt: skip


def upstream(**changed: Any) -> dict[str, Any]:
    candidates = [{"bbox": box, "category": "mug"} for box in (LEFT, RIGHT)]
    return {
        "image_name": "a.png", "image_id": 1, "ans": RIGHT, "category": "mug",
        "referring": "right mug", "candidate_boxes": candidates, **changed,
    }  # fmt: skip


def write(folder: Path, *lines: dict[str, Any]) -> Path:
    (folder / "a.png").touch()
    path = folder / "set.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def read(folder: Path, *lines: dict[str, Any], category: str = "") -> ReferringSet:
    return read_json_set(write(folder, *lines), folder, category=category)


@pytest.mark.parametrize("line", [humanref(), upstream()], ids=["HumanRef", "Rex-Thinker"])
def test_both_forms_say_the_same(tmp_path: Path, line: dict[str, Any]) -> None:
    (item,) = read(tmp_path, line).expressions
    assert (item.image, item.expression, item.category) == ("a.png", "right mug", "mug")
    assert item.candidates == (Box(0, 0, 10, 10), Box(50, 0, 60, 10))
    assert (item.answers, item.think) == ((1,), "")


@pytest.mark.parametrize(
    ("answers", "indices"),
    [
        pytest.param([], (), id="nothing matches"),
        pytest.param([[]], (), id="nothing matches, the other way"),
        pytest.param([NEAR_RIGHT], (1,), id="a candidate that is a little off"),
        pytest.param([RIGHT, LEFT], (0, 1), id="several, in the order of candidates"),
    ],
)
def test_answers_are_candidates(
    tmp_path: Path, answers: list[Any], indices: tuple[int, ...]
) -> None:
    (item,) = read(tmp_path, humanref(answer_boxes=answers)).expressions
    assert item.answers == indices


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(humanref(answer_boxes=[ELSEWHERE]), id="an answer that is no candidate"),
        pytest.param(humanref(answer_boxes=[RIGHT, RIGHT]), id="an answer twice"),
        pytest.param(humanref(answer_boxes=[], candidate_boxes=[]), id="no candidates"),
    ],
)
def test_what_teaches_nothing_is_left_out(tmp_path: Path, line: dict[str, Any]) -> None:
    found = read(tmp_path, line, humanref())
    assert (len(found.expressions), found.left_out) == (1, 1)


def test_a_category_for_all(tmp_path: Path) -> None:
    found = read(tmp_path, humanref(category=None), humanref(), category="person")
    assert [item.category for item in found.expressions] == ["person", "mug"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(humanref(category=""), "category is missing", id="category"),
        pytest.param({"category": "mug"}, "candidate_boxes is missing; python -m", id="candidates"),
        pytest.param(humanref(candidate_boxes=[[1, 2]]), "[1, 2] is no box", id="half a box"),
        pytest.param(humanref(answer_boxes="no"), "'no' is no list of boxes", id="no list"),
        pytest.param(humanref(think=3), "think is 3, which is no text", id="reasoning"),
        pytest.param(humanref(image_name="b.png"), "there is no image", id="image"),
        pytest.param(humanref(referring=None), "referring is None", id="expression"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, line: dict[str, Any], message: str) -> None:
    with pytest.raises(SetError) as refused:
        read(tmp_path, line)
    assert message in str(refused.value)
    assert "set.jsonl, line 1" in str(refused.value)


def test_the_end_is_held_out(tmp_path: Path) -> None:
    lines = [humanref(referring=str(number), think="x" * (number == 0)) for number in range(5)]
    path = write(tmp_path, *lines)
    split = read_split(DataSettings(str(path), str(tmp_path), held_out=2))
    assert [item.expression for item in split.training.expressions] == ["0", "1", "2"]
    assert [item.expression for item in split.held_out.expressions] == ["3", "4"]
    assert [item.expression for item in split.reasoned.expressions] == ["0"]


def test_nothing_left_to_learn_from_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, humanref(answer_boxes=[ELSEWHERE]), humanref())
    with pytest.raises(SetError, match=r"has 1 expressions that can be used \(1 are left out\)"):
        read_split(DataSettings(str(path), str(tmp_path), held_out=1))
