"""Exactly one terminal result for every command that reaches the node."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.outcome import Outcome


@dataclass(frozen=True)
class Ending:
    """How a command ended without an answer, and a sentence that says why."""

    outcome: Outcome
    reason: str


@dataclass(eq=False)
class Request:
    """One query on its way; `ending` is set by whoever cancels it."""

    id: str
    query: Query
    cancel: CancelToken = field(default_factory=CancelToken)
    ending: Ending | None = None


class OnNewCommand(Enum):
    """What to do with a command that comes while another one's result is owed."""

    NEWEST_WINS = "newest_wins"
    QUEUE = "queue"
    REJECT = "reject"


PREEMPTED = Ending(Outcome.PREEMPTED, "A newer command took its place.")
HUNG = Ending(
    Outcome.MODEL_ERROR,
    "The models hang since an earlier command. If they stay so, restart the node.",
)


class Requests:
    """Track the commands whose result is still owed.

    At most `queue_size` of them wait for their turn with OnNewCommand.QUEUE. `end` publishes the
    result of a command that ends without being worked on. It may be called from any thread, and
    never twice for one request.
    """

    def __init__(
        self,
        end: Callable[[Request, Ending], None],
        on_new_command: OnNewCommand = OnNewCommand.NEWEST_WINS,
        queue_size: int = 10,
    ) -> None:
        self._end = end
        self.on_new_command = on_new_command
        self.queue_size = queue_size
        self._lock = threading.Lock()
        self._owed: dict[str, Request] = {}
        self._running: Request | None = None
        self._running_since = 0.0
        self._hung: Request | None = None  # has its result, and is still being worked on
        # ids stay unique over restarts, for listeners that outlive the node
        self._prefix = uuid.uuid4().hex[:8]
        self._numbers = itertools.count(1)

    def new(self, query: Query) -> Request:
        """Give a query its id; the caller accepts it next, or ends it."""
        return Request(id=f"{self._prefix}-{next(self._numbers)}", query=query)

    def accept(self, request: Request) -> bool:
        """Owe the result of a new request; return False if it was refused, and has its result."""
        with self._lock:
            older = tuple(self._owed.values())
            refusal = self._refusal()
            if refusal is None:
                self._owed[request.id] = request
        if refusal is not None:
            self._end(request, refusal)
            return False
        if self.on_new_command is OnNewCommand.NEWEST_WINS:
            self._cancel(older, PREEMPTED)
        return True

    def start(self, request: Request) -> bool:
        """Mark a request as being worked on; return False if it has ended meanwhile."""
        with self._lock:
            if request.id not in self._owed:
                return False
            self._running, self._running_since = request, time.monotonic()
            return True

    def settle(self, request: Request) -> bool:
        """Claim the right to publish the result; return True to exactly one caller.

        After that, the request's ending does not change any more.
        """
        with self._lock:
            if self._running is request:
                self._running = None
            if self._hung is request:
                self._hung = None
            return self._owed.pop(request.id, None) is not None

    def give_up(self, seconds: float, ending: Ending) -> None:
        """End what has been worked on for longer; until it returns, new requests are refused."""
        with self._lock:
            hung = self._running
            late = time.monotonic() - self._running_since > seconds
            if hung is None or not late or self._owed.pop(hung.id, None) is None:
                return
            self._running, self._hung = None, hung
        hung.cancel.cancel()
        self._end(hung, ending)
        self.cancel_all(HUNG)

    def hangs(self) -> bool:
        """Tell whether a request that has its result is still being worked on."""
        return self._hung is not None

    def cancel(self, request: Request, ending: Ending) -> bool:
        """End a request that waits, or ask it to stop if it runs; return False if it has ended."""
        return self._cancel((request,), ending) > 0

    def cancel_all(self, ending: Ending) -> None:
        """End what waits, and ask what runs to stop; whoever runs it settles it."""
        with self._lock:
            owed = tuple(self._owed.values())
        self._cancel(owed, ending)

    def abandon(self, ending: Ending) -> None:
        """End what is still owed, even what runs and does not stop.

        Until that does return, new requests are refused.
        """
        with self._lock:
            owed = tuple(self._owed.values())
            self._owed.clear()
            if self._running:
                self._running, self._hung = None, self._running
        for request in owed:
            self._end(request, ending)

    def _refusal(self) -> Ending | None:
        """Return why no further command is taken now; the lock is held."""
        if self._hung:
            return HUNG
        if self.on_new_command is OnNewCommand.REJECT and self._owed:
            return Ending(Outcome.BUSY, "Another command is being worked on. Send it again later.")
        waiting = max(len(self._owed) - 1, 0)  # one of them runs, or is about to
        if self.on_new_command is OnNewCommand.QUEUE and waiting >= self.queue_size:
            return Ending(
                Outcome.BUSY, f"{waiting} commands are waiting already. Send it again later."
            )
        return None

    def _cancel(self, requests: Iterable[Request], ending: Ending) -> int:
        """Return how many of them were still owed."""
        count = 0
        for request in requests:
            with self._lock:
                if request.id not in self._owed:
                    continue
                running = request is self._running
                request.ending = request.ending or ending
            count += 1
            request.cancel.cancel()
            if not running and self.settle(request):
                self._end(request, ending)
        return count
