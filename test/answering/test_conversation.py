"""When a sentence answers the open question."""

from __future__ import annotations

import numpy as np
import pytest
from std_msgs.msg import Header

from rex_thinker_ros.answering.conversation import Conversation
from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import PREEMPTED, Request
from rex_thinker_ros.answering.result import Looked, Result
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, Verdict
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.follow_up import ByOrder
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referral import Referral

ASKED = 1000  # nanoseconds
COMMAND = Command("take the mug", "mug", "mug", wants_all=False)
MUGS = tuple(Candidate(n, Box(9 * n, 0, 9 * n + 5, 5), 0.5, Verdict.MATCH) for n in (1, 2))


def ambiguous() -> Result:
    decision = Decision(Outcome.AMBIGUOUS, "Which?", (), MUGS)
    referral = Referral(COMMAND, decision, "", 0.1, 0.1, "a + b")
    looked = Looked(np.zeros((9, 30, 3), np.uint8), Header(), 0.0, 0, 0.0)
    request = Request("ab-1", Query("take the mug", 0))
    return Result(request, Outcome.AMBIGUOUS, "Which?", COMMAND, looked, referral)


def asked(result: Result, seconds: float = 3600.0) -> Conversation:
    conversation = Conversation()
    conversation.remember(result, seconds, ASKED)
    return conversation


def test_an_answer_after_the_question_is_a_reply() -> None:
    reply = asked(ambiguous()).reply(Query("the left one", ASKED))
    assert reply
    assert isinstance(reply.answer, ByOrder)
    assert reply.question_id == "ab-1"


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(Query("the left one", ASKED - 1), id="said before the question"),
        pytest.param(Query("the left one", ASKED + 3601 * 10**9), id="too late"),
        pytest.param(Query("the left one", ASKED, camera="other"), id="to another camera"),
        pytest.param(Query("the left one", ASKED, category="ball"), id="with a category"),
        pytest.param(Query("pick up the ball", ASKED), id="a command of its own"),
    ],
)
def test_anything_else_is_none(query: Query) -> None:
    assert asked(ambiguous()).reply(query) is None


@pytest.mark.parametrize(
    "conversation",
    [
        pytest.param(asked(ambiguous(), seconds=0.0), id="turned off"),
        pytest.param(asked(ambiguous().ended(PREEMPTED)), id="preempted, so nobody was asked"),
    ],
)
def test_a_question_that_was_not_asked_has_no_answer(conversation: Conversation) -> None:
    assert conversation.reply(Query("the left one", ASKED)) is None


def test_a_cleared_question_has_no_answer() -> None:
    conversation = asked(ambiguous())
    conversation.clear()
    assert conversation.reply(Query("the left one", ASKED)) is None
