"""The action `refer`: goals become requests like any other, with feedback and a result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from rex_thinker_ros.action import Refer
from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import Ending, Request
from rex_thinker_ros.msg import Referral as ReferralMessage
from rex_thinker_ros.referring.observer import Stage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.clock import now_nanoseconds
from rex_thinker_ros.ros.messages import box_of, candidate_message
from rex_thinker_ros.ros.progress import Standing

CANCELED = Ending(Outcome.CANCELED, "Its client canceled it.")
_STAGES = {
    None: Refer.Feedback.WAITING,
    Stage.DETECTING: Refer.Feedback.DETECTING,
    Stage.REASONING: Refer.Feedback.REASONING,
    Stage.DECIDING: Refer.Feedback.DECIDING,
}


class ReferAction:
    """Serve the action: every goal is accepted, and its result says what became of it.

    `take` is given a goal's query and a function that must be called with the request before it
    can end. A goal stays in the state ACCEPTED until its result is there, since a coroutine that
    waited for it would keep the executor busy.
    """

    def __init__(
        self, node: Node,
        take: Callable[[Query, Callable[[Request], None]], None],
        cancel: Callable[[Request, Ending], bool],
        default_camera: str,
    ) -> None:  # fmt: skip
        self._node = node
        self._default_camera = default_camera
        self._take = take
        self._cancel = cancel
        self._lock = threading.Lock()
        self._goals: dict[str, ServerGoalHandle[Any, Any, Any]] = {}
        self._requests: dict[bytes, Request] = {}
        self._server = ActionServer(
            node, Refer, "refer", execute_callback=_never,
            handle_accepted_callback=self._on_accepted, cancel_callback=self._on_cancel,
        )  # fmt: skip

    def tell(self, request: Request, standing: Standing) -> None:
        """Give feedback on a request if it came as a goal; callable from any thread."""
        if handle := self._goals.get(request.id):
            feedback = Refer.Feedback(stage=_STAGES[standing.stage], reasoning=standing.text)
            feedback.candidates = [candidate_message(c) for c in standing.candidates]
            try:
                handle.publish_feedback(feedback)
            # a middleware that is flooded or closing costs this feedback, not the result
            except Exception as error:  # noqa: BLE001
                self._node.get_logger().error(f"Cannot give feedback: {error}")

    def finish(self, request: Request, referral: ReferralMessage) -> None:
        """Hand over the result of a request if it came as a goal; callable from any thread."""
        with self._lock:
            handle = self._goals.pop(request.id, None)
            if handle is None:
                return
            self._requests.pop(bytes(handle.goal_id.uuid))
        executor = self._node.executor
        if executor is None:
            raise RuntimeError("the node has left its executor with a goal unfinished")
        executor.create_task(handle.execute, partial(self._conclude, referral))

    def destroy(self) -> None:
        """Serve no more goals."""
        self._server.destroy()

    def _on_accepted(self, handle: ServerGoalHandle[Any, Any, Any]) -> None:
        goal = handle.request
        query = Query(
            sentence=goal.command,
            asked_nanoseconds=now_nanoseconds(self._node),
            category=goal.category,
            camera=goal.camera or self._default_camera,
            image=goal.image if goal.image.data else None,
            boxes=tuple(map(box_of, goal.candidates)),
        )
        self._take(query, partial(self._track, handle))

    def _track(self, handle: ServerGoalHandle[Any, Any, Any], request: Request) -> None:
        with self._lock:
            self._goals[request.id] = handle
            self._requests[bytes(handle.goal_id.uuid)] = request

    def _on_cancel(self, handle: ServerGoalHandle[Any, Any, Any]) -> CancelResponse:
        with self._lock:
            request = self._requests.get(bytes(handle.goal_id.uuid))
        if request is not None and self._cancel(request, CANCELED):
            return CancelResponse.ACCEPT
        return CancelResponse.REJECT  # its result is on the way

    def _conclude(
        self, referral: ReferralMessage, handle: ServerGoalHandle[Any, Any, Any]
    ) -> Refer.Result:
        if referral.status == ReferralMessage.FOUND:
            handle.succeed()
        elif referral.status == ReferralMessage.CANCELED and handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return Refer.Result(referral=referral)


def _never(handle: ServerGoalHandle[Any, Any, Any]) -> Refer.Result:
    """Stand where the server wants a callback: `finish` brings each goal's own."""
    raise RuntimeError("a goal was executed without its result")
