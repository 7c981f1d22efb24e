"""Candidates for referring sets in Rex-Thinker's annotation format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from table import FILE, MUGS

from rex_thinker_ros.apps.add_candidates import main
from rex_thinker_ros.apps.evaluation.annotations import read_annotations, write_annotations
from rex_thinker_ros.apps.evaluation.json_lines import SetError
from rex_thinker_ros.referring.boxes import Box

LINE: dict[str, Any] = {
    "image_name": "tabletop.jpg", "image_id": 7, "ans": [105, 292, 186, 390], "category": "mug",
    "referring": "the orange mug",
}  # fmt: skip


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_the_detector_finds_them_and_the_answer_is_always_among_them(tmp_path: Path) -> None:
    nowhere = {**LINE, "ans": [0, 0, 30, 30], "referring": "the mug on the wall"}
    source, target = write(tmp_path / "set.json", LINE, nowhere), tmp_path / "out.json"
    arguments = map(str, (source, FILE.parent, target, "--model", "demo", "--device", "cpu"))
    assert main([*arguments]) == 0
    found, added = read_annotations(target)
    assert all(max(box.iou(mug) for box in found.candidates) > 0.8 for mug in MUGS.values())
    assert found.answer not in found.candidates
    assert added.candidates[-1] == Box(0, 0, 30, 30)
    assert len(added.candidates) == len(found.candidates) + 1
    first = json.loads(target.read_text(encoding="utf-8").splitlines()[0])
    assert {name: first[name] for name in LINE} == LINE
    assert first["candidate_boxes"][0].keys() == {"bbox", "category"}


def test_what_is_read_is_written_again(tmp_path: Path) -> None:
    candidates = [{"bbox": [1.5, 2, 3, 4], "category": "mug"}]
    source = write(tmp_path / "a.json", {**LINE, "candidate_boxes": candidates}, LINE)
    write_annotations(tmp_path / "b.json", read_annotations(source))
    assert read_annotations(tmp_path / "b.json") == read_annotations(source)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({**LINE, "ans": [1, 2, 3]}, "line 1: .* is no box"),
        ({**LINE, "candidate_boxes": [{"category": "mug"}]}, "line 1: 'bbox' is missing"),
        ({"image_name": "a.jpg"}, "line 1: 'ans' is missing"),
    ],
)
def test_malformed_lines_are_refused(tmp_path: Path, line: dict[str, Any], reason: str) -> None:
    with pytest.raises(SetError, match=reason):
        read_annotations(write(tmp_path / "set.json", line))


def test_a_missing_image_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "set.json", LINE)
    assert main([str(source), str(tmp_path), str(tmp_path / "out.json"), "--model", "demo"]) == 1
    assert "tabletop.jpg cannot be read" in capsys.readouterr().err.replace("\n", "")
