"""The question that an ambiguous command left open, until it is answered or its time is over."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.result import Looked, Result
from rex_thinker_ros.referring.dialogue import Offer, offer_of
from rex_thinker_ros.referring.follow_up import FollowUp
from rex_thinker_ros.referring.follow_up_reading import read_follow_up
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.stamps import seconds_between


@dataclass(frozen=True)
class Reply:
    """An answer to the open question, what was offered, on which image, and who asked.

    question_id is that of the request whose result asked.
    """

    question_id: str
    offer: Offer
    looked: Looked
    answer: FollowUp


@dataclass(frozen=True)
class _Question:
    id: str
    offer: Offer
    looked: Looked
    camera: str
    asked_nanoseconds: int
    open_seconds: float

    def hears(self, nanoseconds: int) -> bool:
        """Tell whether what was said at a time may be an answer."""
        return 0 <= seconds_between(self.asked_nanoseconds, nanoseconds) <= self.open_seconds


class Conversation:
    """Hold the one open question; `clear` may be called from any thread."""

    def __init__(self) -> None:
        self._question: _Question | None = None

    def reply(self, query: Query) -> Reply | None:
        """Return a query as a reply to the open question, None if it is a command of its own.

        What was said before the question answers nothing.
        """
        open_one = self._question
        if open_one is None or not open_one.hears(query.asked_nanoseconds):
            return None
        brings_its_own = query.image is not None or query.boxes or query.category
        if brings_its_own or query.camera != open_one.camera:
            return None
        answer = read_follow_up(query.sentence, open_one.offer.command.category)
        return Reply(open_one.id, open_one.offer, open_one.looked, answer) if answer else None

    def clear(self) -> None:
        """Close the question."""
        self._question = None

    def remember(self, result: Result, seconds: float, now_nanoseconds: int) -> None:
        """Open the question of an AMBIGUOUS result for some seconds; any other closes the last.

        A sentence that nobody understood leaves it open.
        """
        if result.outcome is Outcome.INVALID_COMMAND:
            return
        self._question = None
        offer = offer_of(result.referral) if result.referral else None
        if offer and result.looked and seconds and result.outcome is Outcome.AMBIGUOUS:
            camera = result.request.query.camera
            self._question = _Question(
                result.request.id, offer, result.looked, camera, now_nanoseconds, seconds
            )
