"""The report is one page that needs nothing else, and shows what came."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from rex_thinker_ros.apps.output_folder import OutputFolder
from rex_thinker_ros.apps.pictures import jpeg_url
from rex_thinker_ros.apps.results import Result
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, Verdict

VOID = {"meta", "img", "br"}
PICTURE = np.full((48, 64, 3), (200, 40, 90), np.uint8)
MUG = Box(1, 2, 30, 40)
FOUND = Result(
    number=1,
    command="hand me the <red> mug & go",
    expected_status="FOUND",
    expected_boxes=(MUG,),
    correct=True,
    status="FOUND",
    status_text="Found the red mug.",
    expression="red mug",
    category="mug",
    boxes=(MUG,),
    candidates=(
        Candidate(1, MUG, 0.91, Verdict.MATCH, "it is red"),
        Candidate(2, MUG, 0.4, Verdict.NO_MATCH, "it is blue"),
    ),
    reasoning="<think>look ✅</think>",
    seconds=1.5,
    detection_seconds=0.5,
    reasoning_seconds=0.9,
    picture=PICTURE,
)
REFUSED = Result(2, "move", "NO_MATCH", (), False, status="INVALID_COMMAND", seconds=0.01)
LOST = Result(3, "the ball", "FOUND", (MUG,), False)


class Structure(HTMLParser):
    """Check that every element is closed where it should be, and collect the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    folder = OutputFolder(tmp_path / "out")
    for result in (FOUND, REFUSED, LOST):
        folder.add(result)
    folder.finish("demo")
    return folder


def test_the_page_is_whole_and_needs_nothing_from_outside(output: OutputFolder) -> None:
    page = (output.path / "report.html").read_text(encoding="utf-8")
    structure = Structure()
    structure.feed(page)
    assert structure.open == []
    assert not re.search(r"https?://|<link|<script|@import|url\(", page)
    assert all(url.startswith("data:") for url in re.findall(r'src="([^"]*)', page))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("“hand me the <red> mug & go”", id="the sentence, escaped"),
        pytest.param("<think>look ✅</think>", id="the reasoning, escaped"),
        pytest.param("FOUND", id="the outcome"),
        pytest.param("1 · match", id="a candidate's number and verdict"),
        pytest.param("2 · no match", id="another's"),
        pytest.param("it is blue 0.40", id="a note and a score"),
        pytest.param("1.50 s: detection 0.50 s, reasoning 0.90 s", id="the timing"),
        pytest.param("No frame was examined.", id="no picture"),
        pytest.param("✗ expected NO_MATCH", id="what was expected"),
        pytest.param("2 got their result", id="the summary"),
    ],
)
def test_the_page_shows(output: OutputFolder, text: str) -> None:
    structure = Structure()
    structure.feed((output.path / "report.html").read_text(encoding="utf-8"))
    assert text in " ".join(" ".join(structure.text).split())


def test_results_and_frames_lie_beside_it(output: OutputFolder) -> None:
    lines = (output.path / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["command"] for line in lines] == [
        result.command for result in (FOUND, REFUSED, LOST)
    ]
    assert [path.name for path in (output.path / "frames").iterdir()] == ["01.png"]
    frame = cv2.imread(str(output.path / "frames" / "01.png"))
    assert (cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) == PICTURE).all()


def test_an_earlier_run_leaves_nothing_behind(output: OutputFolder) -> None:
    again = OutputFolder(output.path)
    again.finish("demo")
    assert (output.path / "results.jsonl").read_text() == ""
    assert not list((output.path / "frames").iterdir())
    assert "<article" not in (output.path / "report.html").read_text()


def test_an_embedded_picture_keeps_its_colors() -> None:
    data = base64.b64decode(jpeg_url(PICTURE).partition("base64,")[2])
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert np.abs(image[..., ::-1].astype(int) - PICTURE).max() < 12
