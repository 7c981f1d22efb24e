"""The log's folder stays below its bound, whatever fails, and loses its oldest entries first."""

from __future__ import annotations

import errno
import itertools
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rex_thinker_ros.answering.log_folder import EntryTooLargeError, LogFolder, frame_file
from rex_thinker_ros.referring.log_reader import segment_path, segments

HEADER = b"header\n"


def entry(number: int, size: int) -> tuple[bytes, Mapping[str, bytes]]:
    """Return a line that names a number, and its frame; `size` bytes in all."""
    line = f"{number}\n".encode()
    return line, {frame_file(str(number)): bytes(size - len(line))}


def numbers(folder: Path) -> list[int]:
    """Return the numbers of the entries that are left, and check that they are whole."""
    left = []
    for segment in segments(folder).values():
        header, *lines = (segment / "decisions.jsonl").read_bytes().splitlines(keepends=True)
        assert header == HEADER
        assert {path.name for path in segment.glob("frame-*")} == {
            frame_file(line.decode().strip()) for line in lines
        }
        left += [int(line) for line in lines]
    return left


def total(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let the kernel refuse to write files beyond a size in bytes: half a write, then EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_oldest_segment_goes_first_and_as_a_whole(tmp_path: Path) -> None:
    folder = LogFolder(tmp_path, 8000, HEADER)
    oldest = []
    for number in range(23):
        folder.append(*entry(number, 400))
        assert numbers(tmp_path)[-1] == number
        oldest.append(min(numbers(tmp_path)))
    # a segment holds a header and two entries, 807 bytes of at most 1000: the tenth is one too many
    assert oldest == [*[0] * 19, 2, 2, 4, 4]
    assert min(segments(tmp_path)) == 3


STEPS = st.lists(st.none() | st.integers(20, 1500), max_size=60)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(1600, 6000))
def test_whatever_is_written_the_newest_stay_below_the_bound(
    sizes: list[int | None], max_bytes: int
) -> None:
    """A size is an entry of so many bytes, None a restart."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        folder = LogFolder(path, max_bytes, HEADER)
        written: list[int] = []
        newest = 0
        for number, size in enumerate(sizes):
            if size is None:
                folder = LogFolder(path, max_bytes, HEADER)
                continue
            folder.append(*entry(number, size))
            written.append(number)
            left = numbers(path)
            assert left == written[-len(left) :]
            assert left
            assert total(path) <= max_bytes
            assert max(segments(path)) >= newest
            newest = max(segments(path))


def test_a_new_run_counts_what_earlier_ones_wrote_and_begins_a_segment(tmp_path: Path) -> None:
    first = LogFolder(tmp_path, 80_000, HEADER)
    for number in range(3):
        first.append(*entry(number, 5_000))
    with (segment_path(tmp_path, 2) / "decisions.jsonl").open("ab") as lines:
        lines.write(b"cut o")
    second = LogFolder(tmp_path, 20_000, HEADER)
    second.append(*entry(3, 400))
    assert list(segments(tmp_path)) == [1, 2, 3, 4]
    assert (segment_path(tmp_path, 4) / "decisions.jsonl").read_bytes() == HEADER + b"3\n"
    second.append(*entry(4, 6_000))
    assert list(segments(tmp_path)) == [2, 3, 4, 5]


def test_only_files_of_ours_are_counted_and_removed(tmp_path: Path) -> None:
    others = [
        tmp_path / "notes.txt",
        tmp_path / "segment-000001.zip",
        tmp_path / "photos" / "frame-1.png",
        segment_path(tmp_path, 1) / "notes.txt",
        segment_path(tmp_path, 1) / "holiday.png",
        segment_path(tmp_path, 2),  # a file where a segment would be
    ]
    outside = tmp_path / "elsewhere" / "decisions.jsonl"
    for other in (*others, outside):
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(bytes(9_000))
    segment_path(tmp_path, 3).symlink_to(outside.parent)
    folder = LogFolder(tmp_path, 4_000, HEADER)
    for number in range(30):
        folder.append(*entry(number, 400))
    assert all(other.stat().st_size == 9_000 for other in (*others, outside))
    assert not (segment_path(tmp_path, 1) / "decisions.jsonl").exists()
    ours = [path for number, path in segments(tmp_path).items() if number > 3]
    assert 3_000 < sum(map(total, ours)) <= 4_000


def test_an_entry_beyond_the_bound_is_refused_and_nothing_is_removed_for_it(
    tmp_path: Path,
) -> None:
    folder = LogFolder(tmp_path, 8_000, HEADER)
    folder.append(*entry(0, 400))
    with pytest.raises(EntryTooLargeError, match=r"0.0 MB\). Set log_max_megabytes higher"):
        folder.append(*entry(1, 8_000))
    folder.append(*entry(2, 8_000 - len(HEADER)))
    assert numbers(tmp_path) == [2]
    assert list(segments(tmp_path)) == [2]


def test_a_frame_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    folder = LogFolder(tmp_path, 8_000, HEADER)
    folder.append(*entry(0, 400))
    with pytest.raises(FileExistsError):
        folder.append(b"0\n", {frame_file("0"): b"another"})
    assert numbers(tmp_path) == [0]
    assert total(tmp_path) == 400 + len(HEADER)


@pytest.mark.parametrize("id_", ["ab-7", "a/../../b", "..", "ß\udcff 7"])
def test_every_id_gives_a_file_in_the_segment(tmp_path: Path, id_: str) -> None:
    LogFolder(tmp_path, 8_000, HEADER).append(b"x\n", {frame_file(id_): b"png"})
    (frame,) = segment_path(tmp_path, 1).glob("frame-*.png")
    assert frame.read_bytes() == b"png"


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        pytest.param(300, 1_000, id="half a frame"),
        pytest.param(len(HEADER) + 3, len(b"1000\n"), id="half a line"),
        pytest.param(3, len(b"1000\n"), id="half a header"),
        pytest.param(0, 400, id="nothing"),
    ],
)
@pytest.mark.parametrize("before", [0, 1], ids=["first entry", "later entry"])
def test_what_was_half_written_does_not_stay(
    tmp_path: Path, limit: int, size: int, before: int
) -> None:
    folder = LogFolder(tmp_path, 100_000, HEADER)
    for number in range(before):
        folder.append(*entry(number, 10))
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for _ in range(3):
        with files_up_to(limit), pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            folder.append(*entry(1000, size))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == kept
    assert len(segments(tmp_path)) == before
    folder.append(*entry(1001, 400))
    assert numbers(tmp_path) == [*range(before), 1001]


def test_after_half_a_line_that_had_to_stay_comes_a_new_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, length: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    folder = LogFolder(tmp_path, 100_000, HEADER)
    folder.append(b"0\n", {})
    with monkeypatch.context() as broken, files_up_to(len(HEADER) + 4):
        broken.setattr(os, "truncate", fail)
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            folder.append(b"1000\n", {})
    folder.append(b"1001\n", {})
    lines = [(path / "decisions.jsonl").read_bytes() for path in segments(tmp_path).values()]
    assert lines == [HEADER + b"0\n10", HEADER + b"1001\n"]


def test_a_folder_that_vanishes_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "log"
    folder = LogFolder(path, 8_000, HEADER)
    folder.append(*entry(0, 400))
    shutil.rmtree(path.parent)
    folder.append(*entry(1, 400))
    folder.append(*entry(2, 400))
    assert numbers(path) == [1, 2]
    assert len(segments(path)) == 1


def test_a_folder_below_a_file_is_an_error_until_it_is_gone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    folder = LogFolder(tmp_path / "file" / "log", 8_000, HEADER)
    for _ in range(2):
        with pytest.raises(NotADirectoryError):
            folder.append(*entry(0, 400))
    (tmp_path / "file").unlink()
    folder.append(*entry(1, 400))
    assert numbers(tmp_path / "file" / "log") == [1]


MOUNT = 'mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"'


def on_a_disk(options: str, folder: Path, check: str) -> None:
    """Call a function of this file on a file system of its own; skip where none can be mounted."""
    shell = ["sh", "-c", MOUNT, "sh", options, str(folder)]
    private = ["unshare", "--map-root-user", "--mount", *shell]
    if not shutil.which("unshare") or subprocess.run([*private, "true"], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    call = f"import sys, pathlib, {__name__} as t; t.{check}(pathlib.Path(sys.argv[1]))"
    search = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    command = [*private, sys.executable, "-c", call, str(folder)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": search}, timeout=120, check=True)


def append_until_full(folder: LogFolder, numbers: Iterator[int], size: int) -> None:
    def go_on() -> None:
        while True:
            folder.append(*entry(next(numbers), size))

    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        go_on()


def fill_the_disk(path: Path) -> None:
    folder = LogFolder(path, 10_000_000, HEADER)
    count = itertools.count()
    for size in (20_000, 20_000, 20, 20):
        append_until_full(folder, count, size)
        left = numbers(path)
    assert len(left) > 20
    assert len(segments(path)) <= 4
    shutil.rmtree(segment_path(path, 1))
    newest = next(count)
    folder.append(*entry(newest, 20_000))
    assert numbers(path) == [*(set(left) & set(numbers(path))), newest]


def test_a_full_disk_keeps_whole_entries_and_is_used_again_when_it_has_space(
    tmp_path: Path,
) -> None:
    on_a_disk("size=512k", tmp_path, "fill_the_disk")


def write_to_a_read_only_disk(path: Path) -> None:
    folder = LogFolder(path / "log", 10_000_000, HEADER)
    for _ in range(2):
        with pytest.raises(OSError, match=os.strerror(errno.EROFS)):
            folder.append(*entry(0, 400))


def test_a_read_only_disk_is_an_error(tmp_path: Path) -> None:
    on_a_disk("ro", tmp_path, "write_to_a_read_only_disk")
