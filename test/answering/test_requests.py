"""Exactly one end for every request, whoever comes first."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import PREEMPTED, Ending, OnNewCommand, Request, Requests
from rex_thinker_ros.referring.outcome import Outcome

STOPPED = Ending(Outcome.CANCELED, "stopped")


class Book:
    """Write down the end of every request, as published or as answered."""

    def __init__(
        self, on_new_command: OnNewCommand = OnNewCommand.NEWEST_WINS, queue_size: int = 10
    ) -> None:
        self.ends: list[tuple[Request, Outcome]] = []
        self.requests = Requests(
            lambda request, ending: self.write(request, ending.outcome), on_new_command, queue_size
        )

    def accept(self, sentence: str) -> Request:
        """Return the request of a command that is not refused."""
        request = self.new(sentence)
        assert self.requests.accept(request)
        return request

    def new(self, sentence: str) -> Request:
        return self.requests.new(Query(sentence, asked_nanoseconds=0))

    def write(self, request: Request, outcome: Outcome) -> None:
        self.ends.append((request, outcome))

    def answer(self, request: Request) -> None:
        if self.requests.settle(request):
            self.write(request, Outcome.FOUND)


def test_a_waiting_request_ends_at_once_when_a_newer_one_comes() -> None:
    book = Book()
    old, new = book.accept("old"), book.accept("new")
    assert book.ends == [(old, Outcome.PREEMPTED)]
    assert not book.requests.start(old)
    assert book.requests.start(new)


def test_a_running_request_is_asked_to_stop_and_ends_when_it_does() -> None:
    book = Book()
    old = book.accept("old")
    book.requests.start(old)
    book.accept("new")
    assert old.cancel.canceled
    assert old.ending == PREEMPTED
    assert book.ends == []
    assert book.requests.settle(old)


def test_a_request_that_hangs_can_be_abandoned_and_then_has_ended() -> None:
    book = Book()
    hanging = book.accept("old")
    book.requests.start(hanging)
    book.requests.abandon(STOPPED)
    assert book.requests.hangs()
    late = book.new("late")
    assert not book.requests.accept(late)
    book.answer(hanging)
    assert book.ends == [(hanging, Outcome.CANCELED), (late, Outcome.MODEL_ERROR)]
    assert not book.requests.hangs()
    assert book.requests.accept(book.new("again"))


def test_canceling_one_request_leaves_the_others() -> None:
    book = Book(OnNewCommand.QUEUE)
    running, waiting, last = (book.accept(word) for word in ("running", "waiting", "last"))
    book.requests.start(running)
    assert book.requests.cancel(waiting, STOPPED)
    assert book.ends == [(waiting, Outcome.CANCELED)]
    assert [one.cancel.canceled for one in (running, last)] == [False, False]
    book.requests.cancel(running, STOPPED)
    assert [one.cancel.canceled for one in (running, last)] == [True, False]
    assert running.ending == STOPPED


def test_canceling_what_has_ended_changes_nothing() -> None:
    book = Book()
    done = book.accept("done")
    book.requests.start(done)
    book.answer(done)
    assert not book.requests.cancel(done, STOPPED)
    assert done.ending is None
    assert book.ends == [(done, Outcome.FOUND)]


def test_queued_commands_wait_until_the_queue_is_full() -> None:
    book = Book(OnNewCommand.QUEUE, queue_size=2)
    running = book.accept("running")
    waiting = [book.accept("second")]  # the first is about to run
    book.requests.start(running)
    waiting.append(book.accept("third"))
    assert not book.requests.accept(book.new("one too many"))
    assert [(r.query.sentence, o) for r, o in book.ends] == [("one too many", Outcome.BUSY)]
    assert not running.cancel.canceled
    book.answer(running)
    assert all(book.requests.start(request) for request in waiting)


def test_a_new_command_is_refused_while_another_is_owed() -> None:
    book = Book(OnNewCommand.REJECT)
    first = book.accept("first")
    assert not book.requests.accept(book.new("second"))
    assert [(r.query.sentence, o) for r, o in book.ends] == [("second", Outcome.BUSY)]
    book.requests.start(first)
    book.answer(first)
    assert book.requests.accept(book.new("third"))


EVENTS = ["accept", "start", "answer", "cancel", "cancel all", "abandon"]


@given(st.sampled_from(OnNewCommand), st.lists(st.sampled_from(EVENTS), max_size=30))
def test_every_order_of_events_gives_each_request_one_end(
    on_new_command: OnNewCommand, events: list[str]
) -> None:
    book = Book(on_new_command, queue_size=3)
    accepted: list[Request] = []
    refused = 0
    for event in events:
        if event == "accept":
            request = book.new("command")
            if book.requests.accept(request):
                accepted.append(request)
            else:
                refused += 1
        elif event == "cancel" and accepted:
            book.requests.cancel(accepted[-1], STOPPED)
        elif event == "cancel all":
            book.requests.cancel_all(STOPPED)
        elif event == "abandon":
            book.requests.abandon(STOPPED)
        elif accepted and event == "start":
            book.requests.start(accepted[-1])
        elif accepted:
            book.answer(accepted[-1])
    book.requests.abandon(STOPPED)
    ended = [request.id for request, _ in book.ends]
    assert len(set(ended)) == len(ended) == len(accepted) + refused
    assert {request.id for request in accepted} <= set(ended)


def test_two_threads_give_each_request_one_end() -> None:
    book = Book()
    accepted: list[Request] = []

    def work() -> None:
        while len(accepted) < 500:
            for request in accepted[-3:]:
                if book.requests.start(request):
                    book.answer(request)

    worker = threading.Thread(target=work)
    worker.start()
    accepted.extend(book.accept(str(number)) for number in range(500))
    worker.join()
    book.requests.abandon(STOPPED)
    assert sorted(r.id for r, _ in book.ends) == sorted(r.id for r in accepted)
