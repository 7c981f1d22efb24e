"""The decision log keeps what a replay needs, and no fault of the disk reaches the node."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from pictures import picture
from PIL import Image
from std_msgs.msg import Header

from rex_thinker_ros.answering import decision_log
from rex_thinker_ros.answering.decision_log import DecisionLog
from rex_thinker_ros.answering.log_folder import LogFolder
from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import PREEMPTED, Request
from rex_thinker_ros.answering.result import Looked, Result
from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.decision_record import rgb_sha256
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.log_reader import LoggedDecision, read_log
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.pick_point import PickPoint
from rex_thinker_ros.referring.prompt import PixelBounds, build_prompt
from rex_thinker_ros.referring.referral import Referral

SETTINGS = {"model": "demo", "min_confidence": 0.5}
COMMAND = Command("take the mug", "mug", "mug", wants_all=False)
CANDIDATES = (
    Candidate(1, Box(1.2, 2.7, 10.1, 20.9), 0.1 + 0.2, Verdict.MATCH, "red ✅"),
    Candidate(2, Box(30, 5, 40, 25), 0.5, Verdict.NO_MATCH),
)


def found(id_: str = "ab-1", image: RgbImage | None = None) -> Result:
    decision = Decision(Outcome.FOUND, "Found.", (CANDIDATES[0].box,), CANDIDATES, confidence=1 / 3)
    referral = Referral(
        COMMAND, decision, "<think>\n", 0.25, 1.5, "a + b",
        first_token_seconds=0.5, tokens=7, decision_seconds=0.001,
    )  # fmt: skip
    header = Header(stamp=Time(sec=7, nanosec=8), frame_id="camera")
    looked = Looked(
        image=picture() if image is None else image, header=header, age_seconds=0.1,
        stamp_nanoseconds=7_000_000_008, convert_seconds=0.01,
    )  # fmt: skip
    request = Request(id_, Query("take  the mug", 0, camera="left"))
    points = ((1, PickPoint(0.1, -0.2, 0.8, (0.01, 0.02, 0.03), 0.5)),)
    return Result(request, Outcome.FOUND, "Found.", COMMAND, looked, referral, points)


def refused(id_: str, sentence: str = "jump") -> Result:
    return Result(Request(id_, Query(sentence, 0)), Outcome.INVALID_COMMAND, "Name an object.")


def noise(number: int) -> RgbImage:
    """Return an image of 64 x 48 pixels that no PNG makes smaller than its 9.2 kB."""
    return np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)


class Log(DecisionLog):
    """A decision log of at most 100 MB that keeps its warnings."""

    def __init__(self, folder: Path, max_megabytes: float = 100.0) -> None:
        self.warnings: list[str] = []
        super().__init__(folder, max_megabytes, SETTINGS, self.warnings.append)

    def finish(self, *results: Result) -> list[str]:
        """Record, close, and return the warnings."""
        for result in results:
            self.record(result)
        self.close(60.0)
        return self.warnings


def read(folder: Path) -> list[LoggedDecision]:
    """Return what is in the log, and check that all of it can be used."""
    faults: list[str] = []
    decisions = list(read_log(folder, faults.append))
    assert faults == []
    for decision in decisions:
        if decision.record.image:
            assert decision.frame
            pixels = np.asarray(Image.open(decision.frame))
            assert rgb_sha256(pixels) == decision.record.image.sha256
    return decisions


def ids(folder: Path) -> list[str]:
    return [decision.record.id for decision in read(folder)]


def written(folder: Path) -> int:
    """Count the whole entries of a log that may be written just now."""
    return len(list(read_log(folder, lambda fault: None))) if folder.exists() else 0


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60.0
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_an_entry_has_all_that_the_result_has(tmp_path: Path) -> None:
    before = datetime.now(timezone.utc) - timedelta(milliseconds=1)
    assert Log(tmp_path).finish(found()) == []
    (decision,) = read(tmp_path)
    record, image, referral = decision.record, decision.record.image, decision.record.referral
    assert before <= record.time <= datetime.now(timezone.utc)
    assert (record.id, record.camera, record.lost) == ("ab-1", "left", 0)
    assert (record.sentence, record.command) == ("take  the mug", COMMAND)
    assert (record.status, record.status_text) == (Outcome.FOUND, "Found.")
    assert image
    assert (image.stamp_sec, image.stamp_nanosec, image.frame_id) == (7, 8, "camera")
    assert (image.age_seconds, image.convert_seconds, image.size) == (0.1, 0.01, Size(64, 48))
    assert referral
    assert (referral.candidates, referral.boxes) == (CANDIDATES, (CANDIDATES[0].box,))
    assert (referral.reasoning, referral.tokens) == ("<think>\n", 7)
    assert (referral.confidence, referral.model) == (1 / 3, "a + b")
    assert (referral.detection_seconds, referral.first_token_seconds) == (0.25, 0.5)
    assert (referral.reasoning_seconds, referral.decision_seconds) == (1.5, 0.001)
    (point,) = record.pick_points
    assert (point.candidate, point.x, point.y, point.z) == (1, 0.1, -0.2, 0.8)
    assert (point.spread_x, point.spread_y, point.spread_z) == (0.01, 0.02, 0.03)
    assert point.depth_share == 0.5
    assert decision.session.settings == SETTINGS


def test_image_and_prompt_can_be_made_anew(tmp_path: Path) -> None:
    Log(tmp_path).finish(found())
    (decision,) = read(tmp_path)
    record = decision.record
    assert decision.frame
    assert record.image
    assert record.command
    assert record.referral
    np.testing.assert_array_equal(np.asarray(Image.open(decision.frame)), picture())
    assert record.image.sha256 == rgb_sha256(picture())

    def prompt(command: Command, candidates: tuple[Candidate, ...], size: Size) -> str:
        return build_prompt(
            expression=command.expression, category=command.category, candidates=candidates,
            image_size=size, bounds=PixelBounds(),
        ).user  # fmt: skip

    anew = prompt(record.command, record.referral.candidates, record.image.size)
    assert anew == prompt(COMMAND, CANDIDATES, Size(64, 48))


def test_a_result_without_an_image_is_only_a_line(tmp_path: Path) -> None:
    assert Log(tmp_path).finish(refused("ab-1", sentence="jump \udcff")) == []
    (decision,) = read(tmp_path)
    assert decision.record.status is Outcome.INVALID_COMMAND
    assert decision.record.sentence == "jump \udcff"
    assert (decision.record.command, decision.record.image, decision.record.referral) == (None,) * 3
    assert [path.name for path in tmp_path.glob("*/*")] == ["decisions.jsonl"]


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.FOUND])
def test_only_what_was_found_has_boxes(tmp_path: Path, outcome: Outcome) -> None:
    result = found().ended(PREEMPTED)
    Log(tmp_path).finish(Result(result.request, outcome, "", None, None, result.referral))
    (decision,) = read(tmp_path)
    assert decision.record.status is outcome
    assert decision.record.referral
    assert decision.record.referral.boxes == ()


def test_results_come_from_any_thread_and_none_is_missing(tmp_path: Path) -> None:
    log = Log(tmp_path)

    def record(thread: int) -> None:
        for number in range(50):
            id_ = f"{thread}-{number}"
            log.record(found(id_) if number % 10 == 0 else refused(id_))

    threads = [threading.Thread(target=record, args=[thread]) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.finish() == []
    written = ids(tmp_path)
    assert sorted(written) == sorted(f"{t}-{n}" for t in range(4) for n in range(50))
    for own in ([id_ for id_ in written if id_[0] == digit] for digit in "0123"):
        assert own == sorted(own, key=lambda id_: int(id_[2:]))


def test_the_oldest_make_room_over_restarts(tmp_path: Path) -> None:
    for run in range(3):
        log = Log(tmp_path, max_megabytes=0.1)
        assert log.finish(*(found(f"{run}-{n}", noise(n)) for n in range(5))) == []
        assert sum(path.stat().st_size for path in tmp_path.glob("*/*")) <= 100_000
    all_ids = [f"{run}-{n}" for run in range(3) for n in range(5)]
    left = ids(tmp_path)
    assert left == all_ids[-len(left) :]
    assert len(left) >= 8


class SlowDisk:
    """Stand in for a disk that hangs until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hangs, self._go_on = threading.Event(), threading.Event()
        append = LogFolder.append

        def hang(folder: LogFolder, line: bytes, frames: Mapping[str, bytes]) -> None:
            self.hangs.set()
            assert self._go_on.wait(60.0)
            append(folder, line, frames)

        monkeypatch.setattr(LogFolder, "append", hang)

    def let_go(self) -> None:
        self._go_on.set()


def test_a_slow_disk_costs_entries_and_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_log, "WAITING_BYTES", 80_000)  # three images of 9.2 kB and lines
    disk = SlowDisk(monkeypatch)
    log = Log(tmp_path)
    for number in range(9):
        log.record(found(f"ab-{number}"))
        assert disk.hangs.wait(60.0)
    disk.let_go()
    wait_until(lambda: written(tmp_path) == 3)
    (warning,) = log.finish(refused("later"))
    assert warning.startswith(
        f"Decisions missing in the log in {tmp_path}: 1. The disk is too slow"
    )
    assert ids(tmp_path) == ["ab-0", "ab-1", "ab-2", "later"]
    assert sum(decision.record.lost for decision in read(tmp_path)) == 6


def test_one_image_beyond_what_may_wait_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_log, "WAITING_BYTES", 100)
    assert Log(tmp_path).finish(found()) == []
    assert ids(tmp_path) == ["ab-1"]


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_closing_gives_up_on_a_disk_that_hangs_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    log = Log(tmp_path)
    log.record(refused("ab-1"))
    assert disk.hangs.wait(60.0)
    log.record(refused("ab-2"))
    log.close(0.01)
    disk.let_go()
    assert log.warnings == [f"Decisions missing at the end of the log in {tmp_path}: 2."]
    assert log.finish() == log.warnings


def test_after_its_end_the_log_takes_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.close(60.0)
    log.record(refused("ab-1"))
    log.close(60.0)
    assert "closed" in log.warnings[0]
    assert not list(tmp_path.iterdir())


def test_what_a_fault_cost_is_in_the_next_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_log, "WARN_SECONDS", 0.0)
    folder = tmp_path / "log"
    folder.write_text("a file where the folder would be")
    log = Log(folder)
    for number in range(3):
        log.record(found(f"lost-{number}"))
    wait_until(lambda: len(log.warnings) == 3)
    folder.unlink()
    log.record(found("ab-1"))
    log.record(found("ab-2"))
    assert len(log.finish()) == 3
    assert [(d.record.id, d.record.lost) for d in read(folder)] == [("ab-1", 3), ("ab-2", 0)]


def test_a_folder_that_vanishes_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    log = Log(folder)
    log.record(found("ab-1"))
    wait_until(lambda: written(folder) == 1)
    shutil.rmtree(folder)
    assert log.finish(found("ab-2")) == []
    assert ids(folder) == ["ab-2"]


def test_warnings_come_once_a_minute_and_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    folder = tmp_path / "file" / "log"
    warning, end = Log(folder).finish(*(found(f"ab-{number}") for number in range(5)))
    assert warning.startswith(f"Decisions missing in the log in {folder}: 1. [Errno 20]")
    assert warning.endswith("set log_dir to another one.")
    assert end == f"Decisions missing at the end of the log in {folder}: 5."


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "Free space on its disk"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "Free space on its disk"),
        (PermissionError(errno.EACCES, "Permission denied"), "Let the node write there"),
        (OSError(errno.EROFS, "Read-only file system"), "Let the node write there"),
        (OSError(errno.EIO, "Input/output error"), "Check the folder"),
        (MemoryError("no memory"), "no memory"),
    ],
    ids=lambda value: getattr(value, "strerror", None),
)
def test_each_fault_has_its_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, advice: str
) -> None:
    def fail(folder: LogFolder, line: bytes, frames: Mapping[str, bytes]) -> None:
        raise fault

    monkeypatch.setattr(LogFolder, "append", fail)
    warning, _ = Log(tmp_path).finish(refused("ab-1"))
    assert advice in warning
    assert str(fault) in warning


def test_a_result_that_fits_no_record_is_told(tmp_path: Path) -> None:
    decision = Decision(Outcome.FOUND, "Found.", confidence=float("inf"))
    result = replace(found("ab-1"), referral=Referral(COMMAND, decision, "", 0.0, 0.0, "a + b"))
    (warning,) = Log(tmp_path).finish(result, refused("ab-2"))
    assert "not JSON compliant" in warning
    assert [(d.record.id, d.record.lost) for d in read(tmp_path)] == [("ab-2", 1)]


def test_an_image_beyond_the_bound_is_told(tmp_path: Path) -> None:
    (warning,) = Log(tmp_path, max_megabytes=0.01).finish(found("ab-1", noise(1)), refused("ab-2"))
    assert "Set log_max_megabytes higher" in warning
    assert ids(tmp_path) == ["ab-2"]


def test_a_logger_that_fails_stops_nothing(tmp_path: Path) -> None:
    def warn(text: str) -> None:
        raise RuntimeError("the context is invalid")

    folder = tmp_path / "log"
    folder.write_text("a file where the folder would be")
    log = DecisionLog(folder, 1.0, {}, warn)
    log.record(found("ab-1"))
    log.close(60.0)
    log.record(found("ab-2"))


def crash(path: Path) -> None:
    """Write entries until killed."""
    log = Log(path)
    for number in count():
        log.record(found(f"{number}", noise(number)))
        if number == 100:
            print("writing", flush=True)
        time.sleep(0.0005)


def call(check: str) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment that call a function of this file with a folder."""
    text = f"import sys, pathlib, {__name__} as t; t.{check}(pathlib.Path(sys.argv[1]))"
    search = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    return [sys.executable, "-c", text], {**os.environ, "PYTHONPATH": search}


def test_a_crash_leaves_whole_entries_but_for_the_last(tmp_path: Path) -> None:
    command, environment = call("crash")
    with subprocess.Popen([*command, tmp_path], env=environment, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"writing\n"
        writer.send_signal(signal.SIGKILL)
    assert Log(tmp_path).finish(found("next")) == []
    faults: list[str] = []
    decisions = list(read_log(tmp_path, faults.append))
    assert len(faults) <= 1
    *crashed, following = [decision.record.id for decision in decisions]
    assert crashed == [str(number) for number in range(len(crashed))]
    assert len(crashed) > 10
    assert following == "next"
    for decision in decisions:
        assert decision.frame
        assert decision.record.image
        assert rgb_sha256(np.asarray(Image.open(decision.frame))) == decision.record.image.sha256


def fill_the_disk(folder: Path) -> None:
    """Lose entries to a disk of 512 kB that is full, and go on when it has space again."""
    decision_log.WARN_SECONDS = 0.0
    log = Log(folder)
    for number in range(80):
        log.record(found(f"{number}", noise(number)))
    wait_until(lambda: len(log.warnings) + written(folder) == 80)
    assert all("Free space on its disk" in text for text in log.warnings)
    before = ids(folder)
    assert before == [str(number) for number in range(len(before))]
    assert 30 < len(before) < 60
    shutil.rmtree(min(folder.iterdir()))
    log.record(found("later", noise(0)))
    log.close(60.0)
    last = read(folder)[-1].record
    assert (last.id, last.lost + len(before)) == ("later", 80)


def test_a_full_disk_costs_entries_until_it_has_space(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=512k tmpfs "$1" && shift && exec "$@"'
    private = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh", str(tmp_path)]
    if not shutil.which("unshare") or subprocess.run([*private, "true"], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    command, environment = call("fill_the_disk")
    subprocess.run([*private, *command, tmp_path], env=environment, timeout=120, check=True)
