"""The running node, as one who gives it goals and settings sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python

from rex_thinker_ros.action import Refer
from rex_thinker_ros.msg import Referral
from rex_thinker_ros.user_error import UserError

_ANSWER_SECONDS = 10.0  # to anything that takes no model


class LiveNode:
    """Give goals to the node `name`, and change its parameters; spins `node` while it waits.

    Raises:
        UserError: no such node runs, or it is not active.
    """

    def __init__(self, node: Node, name: str) -> None:
        self._node = node
        self._name = name
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._goals: ActionClient[Any, Any, Any] = ActionClient(node, Refer, "refer")
        if not self.wait(self._goals.server_is_ready, _ANSWER_SECONDS):
            raise UserError(
                "No node serves the action refer. Start it first: ros2 launch rex_thinker_ros "
                "refer.launch.py use_sim_time:=true image:=(the bag's image topic)"
            )
        state = self._call(GetState, "get_state", GetState.Request()).current_state
        if state.id != State.PRIMARY_STATE_ACTIVE:
            raise UserError(f"{name} is {state.label}, not active. Configure and activate it.")

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Spin until `done()`; return False if the time is over before that."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                return False
            self._executor.spin_once(timeout_sec=0.005)
        return True

    def parameters(self, *names: str) -> dict[str, Any]:
        """Return the values of parameters by name."""
        request = GetParameters.Request(names=list(names))
        values = self._call(GetParameters, "get_parameters", request).values
        return dict(zip(names, map(parameter_value_to_python, values), strict=True))

    def set_parameters(self, values: Mapping[str, Any]) -> None:
        """Set parameters.

        Raises:
            UserError: the node refuses a value.
        """
        parameters = [Parameter(name, value=value) for name, value in values.items()]
        request = SetParameters.Request(parameters=[p.to_parameter_msg() for p in parameters])
        for result in self._call(SetParameters, "set_parameters", request).results:
            if not result.successful:
                raise UserError(f"{self._name} refuses the script's settings: {result.reason}")

    def send(self, goal: Refer.Goal) -> Goal:
        """Send a goal and wait until the node has taken it."""
        sending = self._goals.send_goal_async(goal)
        if not self.wait(sending.done, _ANSWER_SECONDS) or not sending.result().accepted:
            raise UserError(f"{self._name} did not take the goal '{goal.command}'.")
        return Goal(sending.result())

    def check(self) -> None:
        """Raise UserError if the node is gone."""
        if not self._goals.server_is_ready():
            raise UserError(f"{self._name} has ended. Its log may say why.")

    def _call(self, kind: Any, name: str, request: Any) -> Any:
        client = self._node.create_client(kind, f"{self._name}/{name}")
        answer = None
        if self.wait(client.service_is_ready, _ANSWER_SECONDS):
            answer = client.call_async(request)
            self.wait(answer.done, _ANSWER_SECONDS)
        self._node.destroy_client(client)
        if answer is None or not answer.done():
            raise UserError(f"{self._name} does not answer on {self._name}/{name}.")
        return answer.result()


class Goal:
    """One goal that the node has taken."""

    def __init__(self, handle: Any) -> None:
        self._coming = handle.get_result_async()

    def is_done(self) -> bool:
        """Tell whether the result is there."""
        return bool(self._coming.done())

    def referral(self) -> Referral:
        """Return the result, once it is there."""
        return self._coming.result().result.referral
