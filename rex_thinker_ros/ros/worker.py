"""One thread that owns the models."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from rex_thinker_ros.answering.answering import Answering, failed
from rex_thinker_ros.answering.requests import Request, Requests
from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.models.memory.shortage import free_memory
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.progress import Progress

HURRY_SECONDS = 0.5
_POLL_SECONDS = 0.05


class Worker:
    """Load the models and answer requests with them, one after another, on one thread.

    `publish` and `progress` are called on that thread.
    """

    def __init__(
        self,
        requests: Requests,
        publish: Callable[[Result], None],
        progress: Callable[[Request], Progress],
    ) -> None:
        self._requests = requests
        self._publish = publish
        self._progress = progress
        self._answering: Answering | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")

    def load(self, load: Callable[[], Answering]) -> Future[None]:
        """Run `load`, which may take minutes, and answer with what it returns."""

        def run() -> None:
            self._answering = load()

        return self._thread.submit(run)

    def unload(self) -> None:
        """Let go of the models, so that their memory can be freed."""
        self._answering = None

    def forget(self) -> None:
        """Forget what was asked back: it may not be true any more."""
        if self._answering:
            self._answering.forget()

    def submit(self, request: Request) -> None:
        """Answer an accepted request when its turn comes, unless it has ended by then."""
        self._thread.submit(self._work_on, request)

    def wait_until_idle(self, seconds: float, hurry: threading.Event | None = None) -> bool:
        """Wait for what was submitted so far; return False if it takes longer.

        Once `hurry` is set, it may take HURRY_SECONDS more.
        """
        idle = self._thread.submit(lambda: None)
        end = time.monotonic() + seconds
        while not idle.done() and time.monotonic() < end:
            wait([idle], min(_POLL_SECONDS, max(end - time.monotonic(), 0)))
            if hurry and hurry.is_set():
                end = min(end, time.monotonic() + HURRY_SECONDS)
                hurry = None
        return idle.done()

    def _work_on(self, request: Request) -> None:
        if not self._requests.start(request):
            return
        progress = self._progress(request)
        try:
            result = self._answer(request, progress)
            progress.finish()
        # whatever it is, the sender is owed a result
        except Exception as error:  # noqa: BLE001
            result = failed(request, error)
        if self._requests.settle(request):
            if request.ending and result.outcome is not Outcome.MODEL_ERROR:
                # also of what was found just before: nobody wants it any more
                result = result.ended(request.ending)
            self._remember(result)
            self._conclude(result)
        if result.outcome is Outcome.MODEL_ERROR:
            free_memory()  # what failed for want of it may work next time

    def _answer(self, request: Request, progress: Progress) -> Result:
        if self._answering is None:
            raise RuntimeError("the models are not loaded")
        return self._answering.answer(request, progress)

    def _remember(self, result: Result) -> None:
        if self._answering:
            self._answering.remember(result)

    def _conclude(self, result: Result) -> None:
        try:
            self._publish(result)
        # what cannot be put into a message still has an end
        except Exception as error:  # noqa: BLE001
            self._publish(failed(result.request, error))
