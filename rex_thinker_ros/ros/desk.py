"""Where queries come in and results go out: each query has exactly one, everywhere it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rclpy.node import Node

from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import Ending, OnNewCommand, Request, Requests
from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.commands import Commands
from rex_thinker_ros.ros.diagnostics import Diagnostics
from rex_thinker_ros.ros.logbook import Logbook
from rex_thinker_ros.ros.outputs import Outputs
from rex_thinker_ros.ros.parameters import Parameters
from rex_thinker_ros.ros.progress import Progress, Standing
from rex_thinker_ros.ros.refer_action import ReferAction
from rex_thinker_ros.ros.worker import Worker

NOT_ACTIVE = Ending(Outcome.CANCELED, "The node is not active. Activate it first.")
DELIVERY_SECONDS = 0.4
GIVEN_UP = Ending(Outcome.TIMEOUT, "The models did not come back in time. See the log.")


class Desk:
    """Take queries from topics and goals while `open`, and publish what the worker answers.

    The settings are asked for at every query, so that live parameters take effect.
    """

    def __init__(self, node: Node, settings: Callable[[], Parameters]) -> None:
        self._settings = settings
        self.open = False
        self.diagnostics = Diagnostics(node.get_fully_qualified_name())
        self.logbook = Logbook(node.get_logger().warning)
        self._outputs = Outputs(node)
        self._requests = Requests(self._end)
        self.worker = Worker(self._requests, self._publish, self._progress)
        cameras = settings().cameras
        self._action = ReferAction(node, self._take, self._requests.cancel, cameras[0])
        self._commands = Commands(node, cameras, self._take)

    def drain(self, ending: Ending, seconds: float, hurry: threading.Event) -> None:
        """End everything within some seconds, even if a model hangs; sooner if `hurry` is set."""
        self.open = False
        self._requests.cancel_all(ending)
        if not self.worker.wait_until_idle(seconds, hurry):
            self._requests.abandon(ending)
        self.worker.forget()

    def give_up(self, seconds: float) -> None:
        """End a request that the models have been at work on for longer."""
        self._requests.give_up(seconds, GIVEN_UP)

    def hangs(self) -> bool:
        """Tell whether the models are still at work on what was given up."""
        return self._requests.hangs()

    def deliver(self, spin_once: Callable[[], None]) -> None:
        """Answer what has come already, and let the last results reach their listeners."""
        # commands that wait in the middleware, and the results of goals: it cannot say when it
        # has handed them over
        end = time.monotonic() + DELIVERY_SECONDS
        while time.monotonic() < end:
            spin_once()
        self._action.destroy()
        self._outputs.deliver()
        self.logbook.close()

    def _take(self, query: Query, track: Callable[[Request], None] = lambda _: None) -> None:
        """Make a request of a query; `track` sees it before it can end."""
        request = self._requests.new(query)
        track(request)
        if not self.open:
            self._end(request, NOT_ACTIVE)
            return
        settings = self._settings()
        self._requests.on_new_command = OnNewCommand(settings.on_new_command)
        self._requests.queue_size = settings.queue_size
        if self._requests.accept(request):
            self._action.tell(request, Standing())
            self.worker.submit(request)

    def _progress(self, request: Request) -> Progress:
        def tell(standing: Standing) -> None:
            if standing.text:
                self._outputs.reasoning(standing.text)
            self._action.tell(request, standing)

        return Progress(tell)

    def _publish(self, result: Result) -> None:
        message = self._outputs.publish(result, self._settings().model)
        # first of all, since a fault in what follows must not bring the goal another result
        self._action.finish(result.request, message)
        self.diagnostics.record(result)
        self.logbook.record(result)

    def _end(self, request: Request, ending: Ending) -> None:
        self._publish(Result(request, ending.outcome, ending.reason))
