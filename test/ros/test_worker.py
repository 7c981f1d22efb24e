"""The worker owes every request a result, whatever goes wrong inside."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import Ending, OnNewCommand, Request, Requests
from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.progress import Progress, Standing
from rex_thinker_ros.ros.worker import Worker

STOPPED = Ending(Outcome.CANCELED, "stopped")
TOO_LATE = Ending(Outcome.TIMEOUT, "too late")
Answer = Callable[[Request], Result]


class Answering:
    """Answer with a function, in place of models that fail on demand."""

    def __init__(self, answer: Answer, remembered: list[Outcome]) -> None:
        self._answer = answer
        self._remembered = remembered

    def answer(self, request: Request, progress: Progress) -> Result:
        progress.on_text("text")
        return self._answer(request)

    def remember(self, result: Result) -> None:
        self._remembered.append(result.outcome)


class Desk:
    """A worker and what it publishes."""

    def __init__(self, answer: Answer | None) -> None:
        self.results: list[Result] = []
        self.texts: list[str] = []
        self.unprintable: set[Outcome] = set()
        self.remembered: list[Outcome] = []
        self.deaf = False
        self.requests = Requests(
            lambda request, end: self.results.append(Result(request, end.outcome, end.reason))
        )
        self.worker = Worker(
            self.requests,
            self._publish,
            lambda request: Progress(self._tell),
        )
        if answer:
            answering: Any = Answering(answer, self.remembered)
            self.worker.load(lambda: answering).result()

    def _tell(self, standing: Standing) -> None:
        if self.deaf:
            raise RuntimeError("nobody can hear")
        self.texts.append(standing.text)

    def _publish(self, result: Result) -> None:
        if result.outcome in self.unprintable:
            raise ValueError("no such message")
        self.results.append(result)

    def ask(self, sentence: str) -> None:
        request = self.requests.new(Query(sentence, asked_nanoseconds=0))
        assert self.requests.accept(request)
        self.worker.submit(request)

    def outcomes(self) -> list[Outcome]:
        assert self.worker.wait_until_idle(60.0)
        return [result.outcome for result in self.results]


def found(request: Request) -> Result:
    return Result(request, Outcome.FOUND, "found")


def fail(request: Request) -> Result:
    raise RuntimeError("out of luck")


@pytest.mark.parametrize("answer", [fail, None], ids=["a fault", "no models"])
def test_a_fault_is_a_result_and_the_next_request_is_answered(answer: Answer | None) -> None:
    desk = Desk(answer)
    desk.ask("one")
    assert desk.outcomes() == [Outcome.MODEL_ERROR]
    healthy: Any = Answering(found, [])
    desk.worker.load(lambda: healthy).result()
    desk.ask("two")
    assert desk.outcomes() == [Outcome.MODEL_ERROR, Outcome.FOUND]


def test_the_memory_of_what_failed_is_free_again() -> None:
    class Tensor:
        """Stands in for gigabytes."""

    held: list[weakref.ref[Tensor]] = []

    def run_out_of_memory(request: Request) -> Result:
        tensor = Tensor()
        tensor.graph = tensor  # type: ignore[attr-defined]
        held.append(weakref.ref(tensor))
        raise MemoryError("CUDA out of memory")

    desk = Desk(run_out_of_memory)
    desk.ask("one")
    assert desk.outcomes() == [Outcome.MODEL_ERROR]
    assert held[0]() is None


def test_a_result_that_fits_no_message_is_a_fault() -> None:
    desk = Desk(found)
    desk.unprintable = {Outcome.FOUND}
    desk.ask("one")
    assert desk.outcomes() == [Outcome.MODEL_ERROR]
    assert "no such message" in desk.results[0].status_text


@pytest.mark.parametrize(
    ("own", "published"),
    [
        (Outcome.CANCELED, Outcome.PREEMPTED),
        (Outcome.NO_IMAGE, Outcome.PREEMPTED),
        (Outcome.FOUND, Outcome.PREEMPTED),
        (Outcome.MODEL_ERROR, Outcome.MODEL_ERROR),
    ],
    ids=["stopped", "stopped while waiting for an image", "done before it could stop", "a fault"],
)
def test_a_preempted_request_says_so(own: Outcome, published: Outcome) -> None:
    running, stopped = threading.Event(), threading.Event()

    def answer(request: Request) -> Result:
        if request.query.sentence != "one":
            return found(request)
        running.set()
        stopped.wait(60.0)
        return Result(request, own, "its own")

    desk = Desk(answer)
    desk.ask("one")
    running.wait(60.0)
    desk.ask("two")
    stopped.set()
    assert desk.outcomes() == [published, Outcome.FOUND]
    assert desk.texts == ["text", "text"]
    assert desk.remembered == [published, Outcome.FOUND]


def test_progress_that_cannot_be_told_does_not_keep_the_result_back() -> None:
    desk = Desk(found)
    desk.deaf = True
    desk.ask("one")
    assert desk.outcomes() == [Outcome.MODEL_ERROR]
    desk.deaf = False
    desk.ask("two")
    assert desk.outcomes() == [Outcome.MODEL_ERROR, Outcome.FOUND]


def hanging() -> tuple[threading.Event, threading.Event, Desk]:
    """Return what is set when a model hangs, what releases it, and its desk."""
    running, release = threading.Event(), threading.Event()

    def hang(request: Request) -> Result:
        running.set()
        release.wait(60.0)
        return found(request)

    return running, release, Desk(hang)


def test_who_is_in_a_hurry_waits_less_for_what_hangs() -> None:
    hurry = threading.Event()
    running, release, desk = hanging()
    desk.ask("one")
    running.wait(60.0)
    hurry.set()
    start = time.monotonic()
    assert not desk.worker.wait_until_idle(3600.0, hurry)
    assert time.monotonic() - start < 30.0
    release.set()
    assert desk.outcomes() == [Outcome.FOUND]


def test_a_worker_that_hangs_is_left_behind() -> None:
    running, release, desk = hanging()
    desk.ask("one")
    running.wait(60.0)
    assert not desk.worker.wait_until_idle(0.01)
    desk.requests.abandon(STOPPED)
    release.set()
    assert desk.outcomes() == [Outcome.CANCELED]


def test_a_model_that_hangs_is_given_up_and_comes_back() -> None:
    running, release, desk = hanging()
    desk.requests.on_new_command = OnNewCommand.QUEUE
    desk.ask("one")
    desk.ask("waiting")
    running.wait(60.0)
    desk.requests.give_up(3600.0, TOO_LATE)
    assert not desk.results
    desk.requests.give_up(0.0, TOO_LATE)
    late = desk.requests.new(Query("late", asked_nanoseconds=0))
    assert not desk.requests.accept(late)
    assert [(r.request.query.sentence, r.outcome) for r in desk.results] == [
        ("one", Outcome.TIMEOUT),
        ("waiting", Outcome.MODEL_ERROR),
        ("late", Outcome.MODEL_ERROR),
    ]
    release.set()
    desk.outcomes()
    desk.ask("again")
    assert desk.outcomes()[3:] == [Outcome.FOUND]


def test_after_unloading_nothing_is_answered() -> None:
    desk = Desk(found)
    desk.worker.unload()
    desk.ask("one")
    assert desk.outcomes() == [Outcome.MODEL_ERROR]
