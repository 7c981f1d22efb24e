"""Referring in image files, as the command line does it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from table import FILE, MUGS

from rex_thinker_ros.apps.image_files import ImageFileError, find_images, read_image
from rex_thinker_ros.apps.refer_image import main
from rex_thinker_ros.referring.boxes import Box

DEMO = ["--model", "demo", "--device", "cpu"]


def test_a_found_object_is_told_and_shown_without_ros(tmp_path: Path) -> None:
    # None in sys.modules is a module that cannot be imported
    without_ros = "import sys; sys.modules['rclpy'] = None"
    start = "from rex_thinker_ros.apps.refer_image import main; sys.exit(main())"
    picture = tmp_path / "seen.png"
    arguments = ["--image", FILE, "--expression", "pick up the orange mug", "--vis", picture]
    run = subprocess.run(
        [sys.executable, "-c", f"{without_ros}; {start}", *map(str, arguments), *DEMO],
        check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "FOUND" in run.stdout
    assert "</answer>" in run.stdout
    assert not run.stderr
    width, height = Image.open(FILE).size
    assert Image.open(picture).size == (2 * width + 8, height)


def test_a_folder_gives_a_line_and_a_picture_for_each_image(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, pictures = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copy(FILE, folder / "a.jpg")
    (folder / "b.png").write_bytes(b"no image")
    Image.new("RGB", (640, 480), "gray").save(folder / "c.png")
    (folder / "notes.txt").write_text("not looked at")

    arguments = ["--image", folder, "--expression", "orange mug", "--vis", pictures, "--json"]
    assert main([*map(str, arguments), *DEMO]) == 1

    printed = capsys.readouterr()
    found, empty = map(json.loads, printed.out.splitlines())
    assert (found["image"], empty["image"]) == (str(folder / "a.jpg"), str(folder / "c.png"))
    assert (found["status"], empty["status"]) == ("FOUND", "NO_CANDIDATES")
    assert Box(*found["boxes"][0]).iou(MUGS["orange"]) > 0.8
    assert "MATCH" in {candidate["verdict"] for candidate in found["candidates"]}
    assert "b.png is no image" in printed.err
    assert {p.name for p in pictures.iterdir()} == {"001-a.jpg", "003-c.jpg"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--image", "/nowhere.jpg", "--expression", "mug"], "/nowhere.jpg does not exist"),
        (["--image", str(FILE), "--expression", "go home"], "names no object"),
        (["--image", str(FILE), "--expression", "mug", "--device", "cuda:99"], "cuda:99"),
    ],
    ids=["no file", "no object", "no such device"],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--model", "demo", *arguments]) == 1
    assert reason in capsys.readouterr().out.replace("\n", " ")


def test_a_picture_needs_a_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--image", FILE, "--expression", "orange mug", "--vis", tmp_path / "seen.doc"]
    assert main([*map(str, arguments), *DEMO]) == 1
    assert "name a .jpg or .png file" in capsys.readouterr().out


def test_photos_are_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn right by a quarter
    Image.new("RGB", (40, 20)).save(tmp_path / "photo.jpg", exif=exif)
    assert read_image(tmp_path / "photo.jpg").shape == (40, 20, 3)


def test_a_folder_without_images_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("words")
    with pytest.raises(ImageFileError, match="holds no image: looked for"):
        find_images([tmp_path])
