"""Exactly one end for every request, whoever comes first."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.requests import PREEMPTED, Ending, Request, Requests

STOPPED = Ending(Outcome.CANCELED, "stopped")


class Book:
    """Write down the end of every request, as published or as answered."""

    def __init__(self) -> None:
        self.ends: list[tuple[Request, Outcome]] = []
        self.requests = Requests(lambda request, ending: self.write(request, ending.outcome))

    def write(self, request: Request, outcome: Outcome) -> None:
        self.ends.append((request, outcome))

    def answer(self, request: Request) -> None:
        if self.requests.settle(request):
            self.write(request, Outcome.FOUND)


def test_a_waiting_request_ends_at_once_when_a_newer_one_comes() -> None:
    book = Book()
    old, new = book.requests.accept("old"), book.requests.accept("new")
    assert book.ends == [(old, Outcome.PREEMPTED)]
    assert not book.requests.start(old)
    assert book.requests.start(new)


def test_a_running_request_is_asked_to_stop_and_ends_when_it_does() -> None:
    book = Book()
    old = book.requests.accept("old")
    book.requests.start(old)
    book.requests.accept("new")
    assert old.cancel.canceled
    assert old.ending == PREEMPTED
    assert book.ends == []
    assert book.requests.settle(old)


def test_a_request_that_hangs_can_be_abandoned_and_then_has_ended() -> None:
    book = Book()
    hanging = book.requests.accept("old")
    book.requests.start(hanging)
    book.requests.abandon(STOPPED)
    book.answer(hanging)
    assert book.ends == [(hanging, Outcome.CANCELED)]


def test_a_refused_request_ends_at_once_and_disturbs_nobody() -> None:
    book = Book()
    running = book.requests.accept("running")
    book.requests.start(running)
    book.requests.refuse("not now", STOPPED)
    assert [(r.sentence, o) for r, o in book.ends] == [("not now", Outcome.CANCELED)]
    assert not running.cancel.canceled


@given(st.lists(st.sampled_from(["accept", "start", "answer", "cancel", "abandon"]), max_size=30))
def test_every_order_of_events_gives_each_request_one_end(events: list[str]) -> None:
    book = Book()
    accepted: list[Request] = []
    for event in events:
        if event == "accept":
            accepted.append(book.requests.accept(f"command {len(accepted)}"))
        elif event == "cancel":
            book.requests.cancel_all(STOPPED)
        elif event == "abandon":
            book.requests.abandon(STOPPED)
        elif accepted and event == "start":
            book.requests.start(accepted[-1])
        elif accepted:
            book.answer(accepted[-1])
    book.requests.abandon(STOPPED)
    ended = [request for request, _ in book.ends]
    assert sorted(ended, key=lambda r: r.sentence) == sorted(accepted, key=lambda r: r.sentence)
    assert len({request.id for request in accepted}) == len(accepted)


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
    accepted.extend(book.requests.accept(str(number)) for number in range(500))
    worker.join()
    book.requests.abandon(STOPPED)
    assert sorted(r.id for r, _ in book.ends) == sorted(r.id for r in accepted)
