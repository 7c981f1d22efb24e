"""HumanRef-CoT's tables are read as they were published; what is damaged is named."""

from __future__ import annotations

import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rex_thinker_ros.apps.evaluation.json_lines import SetError
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.prompt import PixelBounds
from rex_thinker_ros.training.fine_tuning.lesson import make_lesson
from rex_thinker_ros.training.fine_tuning.tsv_set import read_tsv_set

PEOPLE = [[10, 20, 30, 60], [100.5, 20.0, 40.25, 80.0], [200, 10, 50, 90]]
THINK = "I see 3 people.\n- Step 1: Look.\n# Summarize and Re-Check answer\n- Person 2: red → ✅"


def image(shade: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (320, 240), (shade, shade, shade)).save(file, "PNG")
    return file.getvalue()


def annotation(**changed: Any) -> dict[str, Any]:
    return {"gt_boxes": PEOPLE, "region_map": {"the one in red": [1]}, "think": THINK, **changed}


def write(folder: Path, annotations: list[Any], *, python_bytes: bool = False) -> tuple[Path, Path]:
    """Write tables of two images and annotations, about the first and the second in turn."""
    coded = [b64encode(image(shade)) for shade in (50, 200)]
    coded = [repr(data).encode() if python_bytes else data for data in coded]
    lines = [f"person_{number}.jpg\t".encode() + data + b"\n" for number, data in enumerate(coded)]
    starts = [0, len(lines[0])]
    images, table = folder / "toy.images.tsv", folder / "toy.annotations.tsv"
    images.write_bytes(b"".join(lines))
    index, body = [], b""
    for number, values in enumerate(annotations):
        index.append(len(body))
        text = values if isinstance(values, str) else json.dumps(values, ensure_ascii=False)
        body += f"{starts[number % 2]}\t{text}\n".encode()
    table.write_bytes(body)
    table.with_name(f"{table.name}.lineidx").write_text("".join(f"{start}\n" for start in index))
    return table, images


@pytest.mark.parametrize("python_bytes", [False, True], ids=["base64", "base64 within b''"])
def test_tables_are_read(tmp_path: Path, python_bytes: bool) -> None:
    nobody = annotation(region_map={"the one in green": []}, think="- Person 1: blue → ❌")
    table, images = write(tmp_path, [annotation(), nobody], python_bytes=python_bytes)
    found = read_tsv_set(table, images, category="")
    first, second = found.expressions
    assert (first.expression, first.category, first.answers) == ("the one in red", "person", (1,))
    assert first.candidates[1] == Box(100.5, 20.0, 140.75, 100.0)  # from width and height
    assert first.think == THINK
    assert (second.expression, second.answers) == ("the one in green", ())
    assert [int(found.images.read(item.image).mean()) for item in found.expressions] == [50, 200]
    assert found.images.read(first.image).shape == (240, 320, 3)


def test_a_line_becomes_a_lesson_in_the_wire_format(tmp_path: Path) -> None:
    table, images = write(tmp_path, [annotation()])
    found = read_tsv_set(table, images, category="person")
    lesson = make_lesson(found.expressions[0], found.images, PixelBounds(), label="expression")
    assert lesson.prompt.user == (
        'Hint: Object and its coordinates in this image: {"person": [[9, 21, 38, 84], '
        "[96, 21, 135, 105], [192, 10, 240, 105]]}\nPlease detect the one in red in the image."
    )
    assert lesson.completion == (
        f"<think>{THINK}</think><answer>json\n"
        '[{"bbox_2d": [96, 21, 135, 105], "label": "the one in red"}]\n</answer>'
    )
    assert lesson.truth.targets == (1,)


def test_reasoning_of_several_expressions_is_of_none(tmp_path: Path) -> None:
    both = annotation(region_map={"left": [0], "outer ones": [2, 0]})
    table, images = write(tmp_path, [both])
    found = read_tsv_set(table, images, category="")
    assert [(e.expression, e.answers, e.think) for e in found.expressions] == [
        ("left", (0,), ""), ("outer ones", (0, 2), ""),
    ]  # fmt: skip


def test_expressions_without_boxes_are_left_out(tmp_path: Path) -> None:
    table, images = write(tmp_path, [annotation(gt_boxes=[], region_map={"a": []}), annotation()])
    found = read_tsv_set(table, images, category="")
    assert (len(found.expressions), found.left_out) == (1, 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param("{", "line 1 of its index: ", id="no JSON"),
        pytest.param("[]", "is no JSON object", id="a list"),
        pytest.param({"gt_boxes": []}, "'region_map' is missing", id="no region_map"),
        pytest.param({"region_map": {}}, "'gt_boxes' is missing", id="no boxes"),
        pytest.param(annotation(gt_boxes=[[1, 2]]), "[1, 2] is no box", id="half a box"),
        pytest.param(annotation(gt_boxes=[[1, 2, -3, 4]]), "in order", id="a negative width"),
        pytest.param(
            annotation(region_map={"a": [3]}), "region_map names [3] of 3 boxes", id="no such box"
        ),
        pytest.param(
            annotation(region_map={"a": ["1"]}), "region_map names ['1']", id="text for an index"
        ),
        pytest.param(annotation(region_map=[1]), "region_map is [1], which", id="no map"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, values: Any, message: str) -> None:
    table, images = write(tmp_path, [values])
    with pytest.raises(SetError) as refused:
        read_tsv_set(table, images, category="")
    assert message in str(refused.value)
    assert "toy.annotations.tsv" in str(refused.value)


def test_an_index_of_another_table_is_refused(tmp_path: Path) -> None:
    table, images = write(tmp_path, [annotation()])
    table.with_name(f"{table.name}.lineidx").write_text("3\n")
    with pytest.raises(SetError, match="does not begin with the byte of an image's line"):
        read_tsv_set(table, images, category="")


@pytest.mark.parametrize("missing", ["toy.images.tsv", "toy.annotations.tsv.lineidx"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    table, images = write(tmp_path, [annotation()])
    (tmp_path / missing).unlink()
    with pytest.raises(SetError, match=missing):
        read_tsv_set(table, images, category="")


def test_bytes_that_are_no_image_are_named(tmp_path: Path) -> None:
    table, images = write(tmp_path, [annotation()])
    found = read_tsv_set(table, images, category="")
    images.write_bytes(b"person_0.jpg\t" + b64encode(b"no image") + b"\n")
    with pytest.raises(SetError, match=r"toy\.images\.tsv, byte 0, holds no image"):
        found.images.read("0")
