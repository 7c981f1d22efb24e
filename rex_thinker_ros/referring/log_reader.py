"""Reading a decision log back, on any machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rex_thinker_ros.referring.decision_record import DecisionRecord, LogSession, RecordError

DECISIONS_FILE = "decisions.jsonl"
_SEGMENT = re.compile(r"segment-([0-9]{6,})")


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """Hold one record, the run of the node that wrote it, and the PNG that was decided on."""

    session: LogSession
    record: DecisionRecord
    frame: Path | None


def read_log(folder: Path, warn: Callable[[str], object]) -> Iterator[LoggedDecision]:
    """Yield the records of a decision log, oldest first.

    Lines that cannot be used, such as the last one of a run that crashed, are left out and told
    to warn. Raises NotADirectoryError at once if there is no such folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder: name the one that log_dir said")
    return (decision for path in segments(folder).values() for decision in _read(path, warn))


def newest_session(folder: Path) -> LogSession | None:
    """Return the session of the last segment with a readable first line; None without any."""
    for segment in reversed(segments(folder).values()):
        with suppress(OSError, RecordError), (segment / DECISIONS_FILE).open("rb") as lines:
            return LogSession.from_json(_text(lines.readline()))
    return None


def segments(folder: Path) -> dict[int, Path]:
    """Return the segments of a decision log by their number, in its order."""
    found = {
        int(match[1]): path
        for path in folder.glob("segment-*")
        if (match := _SEGMENT.fullmatch(path.name)) and path.is_dir() and not path.is_symlink()
    }
    return {n: path for n, path in sorted(found.items()) if path == segment_path(folder, n)}


def segment_path(folder: Path, number: int) -> Path:
    """Return where a segment lies."""
    return folder / f"segment-{number:06d}"


def _read(segment: Path, warn: Callable[[str], object]) -> Iterator[LoggedDecision]:
    path = segment / DECISIONS_FILE
    try:
        lines = path.read_bytes().split(b"\n")  # not splitlines(): sentences hold other line ends
        session = LogSession.from_json(_text(lines[0]))
    except (OSError, RecordError) as error:
        # a node that still writes may have removed the segment just now
        warn(f"{segment} is left out: {error}")
        return
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        try:
            record = DecisionRecord.from_json(_text(line))
        except RecordError as error:
            warn(f"{path}, line {number} is left out: {error}")
            continue
        yield LoggedDecision(session, record, segment / record.image.file if record.image else None)


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise RecordError(f"it is not UTF-8: {error}") from None
