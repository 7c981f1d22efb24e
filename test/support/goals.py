"""A client of the action `refer`."""

from __future__ import annotations

from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rex_thinker_ros.action import Refer
from rex_thinker_ros.msg import Referral
from ros_client import Client

STATES = {
    GoalStatus.STATUS_SUCCEEDED: "succeeded",
    GoalStatus.STATUS_ABORTED: "aborted",
    GoalStatus.STATUS_CANCELED: "canceled",
}


class Goals:
    """Send goals through a client's node, which spins them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._actions: ActionClient[Any, Any, Any] = ActionClient(client.node, Refer, "/refer")
        client.wait(self._actions.server_is_ready)

    def close(self) -> None:
        """Leave the domain."""
        self._actions.destroy()

    def send(self, command: str, **fields: Any) -> Goal:
        """Send a goal and wait until it is accepted."""
        goal = Goal(self._client)
        sending = self._actions.send_goal_async(
            Refer.Goal(command=command, **fields),
            lambda message: goal.feedback.append(message.feedback),
        )
        self._client.wait(sending.done)
        goal.handle = sending.result()
        assert goal.handle.accepted
        goal.coming = goal.handle.get_result_async()
        return goal

    def ask(self, command: str, **fields: Any) -> tuple[str, Referral]:
        """Send a goal and return the state that it ended in, and its referral."""
        return self.send(command, **fields).result()


class Goal:
    """One goal on its way."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.feedback: list[Refer.Feedback] = []
        self.handle: Any = None
        self.coming: Any = None

    def result(self) -> tuple[str, Referral]:
        """Return the state that it ended in, and its referral."""
        self._client.wait(self.coming.done)
        response = self.coming.result()
        return STATES[response.status], response.result.referral

    def cancel(self) -> bool:
        """Ask for its end; return whether the node agreed."""
        canceling = self.handle.cancel_goal_async()
        self._client.wait(canceling.done)
        return bool(canceling.result().goals_canceling)
