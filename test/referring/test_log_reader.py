"""Decision logs are read in order, and what cannot be used is told."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.decision_record import DecisionRecord, LogSession, RecordedImage
from rex_thinker_ros.referring.log_reader import read_log, segment_path, segments
from rex_thinker_ros.referring.outcome import Outcome

NOON = datetime(2025, 6, 1, 12, tzinfo=timezone.utc)
HEADER = LogSession(NOON, {"model": "demo"}).to_json().encode()


def line(id_: str, image: RecordedImage | None = None, sentence: str = "jump") -> bytes:
    record = DecisionRecord(NOON, id_, 0, "", sentence, Outcome.BUSY, "Busy.", image=image)
    return record.to_json().encode()


def write(folder: Path, number: int, *lines: bytes, end: bytes = b"\n") -> Path:
    segment = segment_path(folder, number)
    segment.mkdir(parents=True)
    (segment / "decisions.jsonl").write_bytes(b"\n".join(lines) + end)
    return segment


def ids(folder: Path, warnings: list[str]) -> list[str]:
    return [decision.record.id for decision in read_log(folder, warnings.append)]


def test_segments_are_read_by_number(tmp_path: Path) -> None:
    for number in (1_000_000, 3, 20):
        write(tmp_path, number, HEADER, line(f"{number}-a"), line(f"{number}-b"))
    warnings: list[str] = []
    read = ids(tmp_path, warnings)
    assert read == ["3-a", "3-b", "20-a", "20-b", "1000000-a", "1000000-b"]
    assert warnings == []


def test_a_decision_has_its_session_and_its_frame(tmp_path: Path) -> None:
    image = RecordedImage("frame-a.png", Size(64, 48), "0f", 7, 8, "camera", 0.1, 0.01)
    segment = write(tmp_path, 1, HEADER, line("a", image), line("b"))
    with_image, without = read_log(tmp_path, print)
    assert with_image.frame == segment / "frame-a.png"
    assert without.frame is None
    assert with_image.session == LogSession(NOON, {"model": "demo"})


@pytest.mark.parametrize(
    ("lines", "end", "left", "warning"),
    [
        pytest.param([HEADER, line("a"), line("b")[:50]], b"", ["a"], "line 3", id="cut off"),
        pytest.param([HEADER, line("a")], b"", ["a"], None, id="only its line end is missing"),
        pytest.param([HEADER, b"\0" * 9, line("a")], b"\n", ["a"], "line 2", id="zeros"),
        pytest.param([HEADER, b"\xff", line("a")], b"\n", ["a"], "not UTF-8", id="no text"),
        pytest.param([HEADER, line("a", sentence="\x85\u2028")], b"", ["a"], None, id="other ends"),
        pytest.param([HEADER[:9]], b"", [], "no first line", id="only half a header"),
        pytest.param([], b"", [], "no first line", id="empty"),
        pytest.param(
            [HEADER.replace(b'"schema": 1', b'"schema": 2'), line("a")], b"\n", [], "schema 2",
            id="of another version",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_and_the_rest_is_read(
    tmp_path: Path, lines: list[bytes], end: bytes, left: list[str], warning: str | None
) -> None:
    write(tmp_path, 1, *lines, end=end)
    write(tmp_path, 2, HEADER, line("later"))
    warnings: list[str] = []
    assert ids(tmp_path, warnings) == [*left, "later"]
    assert len(warnings) == (warning is not None)
    assert all(str(tmp_path) in text and (warning or "") in text for text in warnings)


def test_a_segment_that_goes_while_the_log_is_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, 1, HEADER, line("a"))
    removed = write(tmp_path, 2, HEADER, line("b"))
    warnings: list[str] = []
    decisions = read_log(tmp_path, warnings.append)
    next(decisions)
    (removed / "decisions.jsonl").unlink()
    assert list(decisions) == []
    assert len(warnings) == 1


def test_other_names_are_not_segments(tmp_path: Path) -> None:
    kept = write(tmp_path, 7, HEADER)
    for name in ("segment-8", "segment-0000009", "segment-000010.old", "photos"):
        (tmp_path / name).mkdir()
    (tmp_path / "segment-000011").write_text("a file")
    (tmp_path / "segment-000012").symlink_to(kept)
    assert segments(tmp_path) == {7: kept}


def test_a_folder_that_is_not_there_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="log_dir"):
        read_log(tmp_path / "nothing", print)
