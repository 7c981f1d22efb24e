"""A folder that does not outgrow its bound: its oldest segment goes first."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from rex_thinker_ros.referring.log_reader import DECISIONS_FILE, segment_path, segments

SEGMENT_SHARE = 8
"""How many full segments the bound holds."""


class EntryTooLargeError(Exception):
    """One entry alone is larger than the bound; the text says what to do."""


def frame_file(id_: str) -> str:
    """Return the file name of the frame that belongs to an entry."""
    return f"frame-{quote(id_, safe='', errors='backslashreplace')}.png"


class LogFolder:
    """Append lines, and the frames that belong to them, to numbered segments of `folder`.

    All its files together, those of earlier runs too, stay at or below `max_bytes` of contents;
    what a file system takes on top is not counted. Segments are removed as a whole, and what has
    other names than ours is never touched. Each run, and what follows a fault, begins a segment
    with the line `header`: after a line that was cut off comes no other. For one thread, and for
    one node in a folder.
    """

    def __init__(self, folder: Path, max_bytes: int, header: bytes) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._header = header
        self._sizes: dict[int, int] = {}  # bytes by segment, oldest first
        self._current: int | None = None  # the segment to go on with, None before and after faults

    def append(self, line: bytes, frames: Mapping[str, bytes]) -> None:
        """Write frames, under names of frame_file, and then the line; after a fault, neither.

        Raises:
            OSError: they cannot be written, or nothing can be removed to make room for them.
            EntryTooLargeError: they would not even fit into an empty folder.
        """
        # whatever fails below, or removes our files from outside: then they are counted anew
        current, self._current = self._current, None
        if current is None or not (segment_path(self._folder, current) / DECISIONS_FILE).is_file():
            current = None
            self._sizes = {n: _bytes_of(path) for n, path in segments(self._folder).items()}
        size = len(line) + sum(map(len, frames.values()))
        if current and self._sizes[current] + size <= self._max_bytes // SEGMENT_SHARE:
            self._make_room(size)
            _write(segment_path(self._folder, current), line, frames)
        else:
            size += len(self._header)
            current = max(self._sizes, default=0) + 1
            self._make_room(size)
            current = self._begin_segment(current, line, frames)
        self._sizes[current] = self._sizes.get(current, 0) + size
        self._current = current

    def _make_room(self, size: int) -> None:
        if size > self._max_bytes:
            raise EntryTooLargeError(
                f"an entry of {size / 1e6:.1f} MB is larger than the whole log may be "
                f"({self._max_bytes / 1e6:.1f} MB). Set log_max_megabytes higher"
            )
        while sum(self._sizes.values()) + size > self._max_bytes:
            oldest = next(iter(self._sizes))
            _remove(segment_path(self._folder, oldest))
            del self._sizes[oldest]

    def _begin_segment(self, number: int, line: bytes, frames: Mapping[str, bytes]) -> int:
        """Write the first entry of a new segment; return its number, higher if that was taken."""
        while True:
            segment = segment_path(self._folder, number)
            try:
                segment.mkdir(parents=True)
                break
            except FileExistsError:
                number += 1
        try:
            _write(segment, self._header + line, frames)
        except OSError:
            # or a disk that stays full would collect segments without an entry
            with suppress(OSError):
                _remove(segment)
            raise
        return number


def _write(segment: Path, line: bytes, frames: Mapping[str, bytes]) -> None:
    """Write the frames and the line, or leave the segment as it was."""
    lines = segment / DECISIONS_FILE
    lines_size = lines.stat().st_size if lines.exists() else 0
    begun: list[Path] = []
    try:
        for name, data in frames.items():
            with (segment / name).open("xb") as frame:
                begun.append(segment / name)
                frame.write(data)
        with lines.open("ab") as end:
            end.write(line)
    except OSError:
        with suppress(OSError):
            for path in begun:
                path.unlink()
            if lines.exists():
                os.truncate(lines, lines_size)
        raise


def _files_of(segment: Path) -> list[Path]:
    """Return our files in a segment, the lines before the frames."""
    return [segment / DECISIONS_FILE, *segment.glob("frame-*.png")]


def _bytes_of(segment: Path) -> int:
    return sum(path.stat().st_size for path in _files_of(segment) if path.is_file())


def _remove(segment: Path) -> None:
    """Remove our files, and the segment unless it holds something else."""
    for path in _files_of(segment):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        segment.rmdir()
