"""HumanRef's metrics, files and tables, and predictions with the embedded models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table import FILE, MUGS

from rex_thinker_ros.apps.evaluate import main
from rex_thinker_ros.apps.evaluation.humanref import read_expressions, read_predictions
from rex_thinker_ros.apps.evaluation.json_lines import SetError
from rex_thinker_ros.apps.evaluation.metrics import THRESHOLDS, count_matches, score
from rex_thinker_ros.apps.evaluation.summary import box_count_name
from rex_thinker_ros.referring.boxes import Box

A, B, C = Box(0, 0, 10, 10), Box(20, 0, 30, 10), Box(40, 0, 50, 10)
NEAR_A = Box(0, 0, 10, 8)  # IoU 0.8
HALF_A = Box(0, 0, 10, 5)  # IoU 0.5


@pytest.mark.parametrize(
    ("truth", "predicted", "recall", "precision", "density_f1"),
    [
        ([A], [A], 1, 1, 1),
        ([A], [], 0, 0, 0),
        ([A], [B], 0, 0, 0),
        ([A, B], [A], 0.5, 1, 2 / 3),
        ([A], [A, B], 1, 0.5, 2 / 3 / 2),
        ([A], [HALF_A], 1, 1, 1),
        ([A, B], [A, B, C, NEAR_A], 1, 0.5, 2 / 3 / 2),
    ],
    ids=["right", "nothing", "wrong", "half", "one too many", "at the threshold", "twice too many"],
)
def test_scores(
    truth: list[Box], predicted: list[Box], recall: float, precision: float, density_f1: float
) -> None:
    scores = score(truth, predicted, 0.5)
    assert scores.recall == recall
    assert scores.precision == precision
    assert scores.density_f1 == pytest.approx(density_f1)


def test_each_true_box_takes_the_best_that_is_left() -> None:
    assert count_matches([A, A], [NEAR_A, A], 0.75) == 2
    assert count_matches([A, A], [NEAR_A, A], 0.85) == 1
    # the first takes what is best for it, even if the second then has none
    assert count_matches([HALF_A, NEAR_A], [NEAR_A, C], 0.6) == 1


EDGES = st.integers(0, 40)
BOXES = st.lists(
    st.builds(lambda x, y, w, h: Box(x, y, x + w + 1, y + h + 1), EDGES, EDGES, EDGES, EDGES),
    max_size=6,
)


@given(BOXES.filter(bool), BOXES)
def test_scores_stay_in_range_and_fall_with_the_threshold(
    truth: list[Box], predicted: list[Box]
) -> None:
    matches = [count_matches(truth, predicted, threshold) for threshold in THRESHOLDS]
    assert matches == sorted(matches, reverse=True)
    assert matches[0] <= min(len(truth), len(predicted))
    scores = score(truth, predicted, THRESHOLDS[0])
    assert 0 <= scores.density_f1 <= max(scores.recall, scores.precision) <= 1
    assert score(truth, truth, 0.95).density_f1 == 1


def test_groups_of_box_counts() -> None:
    names = [box_count_name(count) for count in (1, 2, 5, 6, 10, 11)]
    assert names == ["1", "2-5", "2-5", "6-10", "6-10", ">10"]


def expression(id_: int, domain: str, *answers: Box, **changes: Any) -> dict[str, Any]:
    return {
        "id": id_, "image_name": "tabletop.jpg", "domain": domain, "sub_domain": f"{domain} one",
        "referring": "orange mug", "answer_boxes": [box.as_tuple() for box in answers],
        "candidate_boxes": [box.as_tuple() for box in (A, B, C)], **changes,
    }  # fmt: skip


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def predicted(id_: int, boxes: list[Any]) -> dict[str, Any]:
    return {"id": id_, "extracted_predictions": boxes}


def test_tables_of_two_prediction_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = write(
        tmp_path / "set.jsonl",
        [
            expression(1, "attribute", A), expression(2, "attribute", A, B),
            expression(3, "position", C), expression(4, "rejection"), expression(5, "rejection"),
        ],
    )  # fmt: skip
    a, b = list(A.as_tuple()), list(B.as_tuple())
    good = write(
        tmp_path / "good.jsonl",
        [predicted(1, [a]), predicted(2, [b]), predicted(3, [b]), predicted(4, []),
         predicted(5, [[]])],
    )  # fmt: skip
    poor = write(
        tmp_path / "poor.jsonl",
        [predicted(i, [[9, 9, 1, 1]]) for i in range(1, 6)],
    )
    outputs = {name: tmp_path / f"out.{name}" for name in ("md", "json", "png")}
    arguments = [
        "score", truth, good, poor, "--markdown", outputs["md"], "--json", outputs["json"],
        "--plot", outputs["png"],
    ]  # fmt: skip
    assert main([*map(str, arguments)]) == 0

    figures = json.loads(outputs["json"].read_text())
    attribute = figures["good"]["domains"]["attribute"]
    assert attribute["count"] == 2
    assert attribute["at_half"]["recall"] == 0.75
    assert attribute["at_half"]["precision"] == 1.0
    assert figures["good"]["box_counts"]["2-5"]["overall"]["density_f1"] == pytest.approx(2 / 3)
    assert figures["good"]["all"]["at_half"]["recall"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert (figures["good"]["rejected"], figures["good"]["rejections"]) == (2, 2)
    assert (figures["good"]["single"], figures["good"]["single_accuracy"]) == (2, 0.5)
    assert figures["poor"]["all"]["at_half"]["recall"] == 0
    assert figures["poor"]["rejected"] == 0
    text = outputs["md"].read_text()
    assert "| attribute | 2 | 75.0 | 100.0 |" in text
    assert "Rejection: 2 of 2 (100.0%)." in text
    assert "attribute: attribute one" in capsys.readouterr().out
    assert outputs["png"].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "holds no expression"),
        ([expression(1, "position", A)] * 2, "several lines for the id 1"),
        ([expression(1, "position", A, answer_boxes="no")], "line 1: 'no' is no list"),
        ([expression(1, "position", A, answer_boxes=[[1, 2]])], "is no box"),
        ([expression(1, "position", A, answer_boxes=[[5, 0, 1, 9]])], "must be in order"),
        ([{"id": 1}], "line 1: 'image_name' is missing"),
    ],
)
def test_malformed_sets_are_refused_with_the_line(
    tmp_path: Path, lines: list[dict[str, Any]], reason: str
) -> None:
    with pytest.raises(SetError, match=reason):
        read_expressions(write(tmp_path / "set.jsonl", lines))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"id": 1}', "'extracted_predictions' is missing"),
        ('{"id": 1, "extracted_predictions": [[0, 0, 1, NaN]]}', "must be finite"),
        ("[]", "is no JSON object"),
        ('{"id": 1, "extracted', "line 1 is no JSON"),
    ],
)
def test_malformed_predictions_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(text)
    with pytest.raises(SetError, match=reason):
        read_predictions(path)


def test_what_was_not_predicted_is_no_rejection(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = write(tmp_path / "set.jsonl", [expression(1, "rejection"), expression(2, "rejection")])
    some = write(tmp_path / "some.jsonl", [predicted(1, [])])
    assert main(["score", str(truth), str(some)]) == 1
    assert "1 of 2 expressions have no prediction, such as id 2" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.parametrize("detect", [False, True], ids=["given candidates", "our detector"])
def test_predictions_go_on_where_they_were_interrupted(tmp_path: Path, *, detect: bool) -> None:
    boxes = [box.as_tuple() for box in MUGS.values()]
    truth = write(
        tmp_path / "set.jsonl",
        [
            expression(1, "attribute", MUGS["orange"], candidate_boxes=boxes),
            expression(2, "rejection", candidate_boxes=boxes, referring="yellow mug"),
            expression(3, "attribute", MUGS["green"], candidate_boxes=boxes),
        ],
    )
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps(predicted(3, [[1, 2, 3, 4]])) + '\n{"id": 2, "extr')
    options = ["--model", "demo", "--device", "cpu", *(["--detect"] if detect else [])]
    assert main(["run", str(truth), str(FILE.parent), str(path), *options]) == 0
    predictions = read_predictions(path)
    assert predictions["3"] == (Box(1, 2, 3, 4),)
    assert predictions["2"] == ()
    (found,) = predictions["1"]
    assert found.iou(MUGS["orange"]) > 0.8
