"""The action `move_gripper`: goals that end when the gripper stands still."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from geometry_msgs.msg import Point
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from rex_thinker_ros.action import MoveGripper
from rex_thinker_ros.sim.camera_messages import TABLE_FRAME
from rex_thinker_ros.sim.tabletop import Tabletop

Handle: TypeAlias = "ServerGoalHandle[Any, Any, Any]"


class MoveAction:
    """Serve the action; a newer goal ends an older one.

    A goal stays in the state ACCEPTED until its result is there, since a coroutine that waited for
    it would keep the executor busy.
    """

    def __init__(self, node: Node, table: Callable[[], Tabletop]) -> None:
        """Take what returns the present table."""
        self._node = node
        self._table = table
        self._goal: Handle | None = None
        self._server = ActionServer(
            node, MoveGripper, "move_gripper", execute_callback=lambda handle: None,
            goal_callback=self._on_goal, handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
        )  # fmt: skip

    def tick(self) -> None:
        """Tell where the gripper is, and end the goal if it stands still."""
        if self._goal is None:
            return
        if self._table().gripper.arrived:
            self._end()
        else:
            self._goal.publish_feedback(MoveGripper.Feedback(position=self._position()))

    def stop(self) -> None:
        """End the goal where the gripper is."""
        self._table().gripper.stop()
        self._end()

    def destroy(self) -> None:
        """Serve no more goals."""
        self._server.destroy()

    def _on_goal(self, goal: MoveGripper.Goal) -> GoalResponse:
        frame = goal.target.header.frame_id
        if frame != TABLE_FRAME:
            self._node.get_logger().error(f"A target in frame {frame!r}, not {TABLE_FRAME!r}")
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _on_accepted(self, handle: Handle) -> None:
        self._end()
        self._goal = handle
        point = handle.request.target.point
        try:
            self._table().send(
                np.array([point.x, point.y, point.z]), suction=handle.request.suction
            )
        except ValueError as error:
            self._node.get_logger().error(f"The gripper stays: {error}")
            self.stop()

    def _on_cancel(self, handle: Handle) -> CancelResponse:
        if self._goal is None or self._goal.goal_id != handle.goal_id:
            return CancelResponse.REJECT
        self._node.get_logger().info("The gripper stops: its client canceled the goal")
        self._table().gripper.stop()  # the next tick ends the goal
        return CancelResponse.ACCEPT

    def _end(self) -> None:
        handle, self._goal = self._goal, None
        executor = self._node.executor
        if handle is None or executor is None:
            return
        point = handle.request.target.point
        reached = np.array_equal(self._table().gripper.position, [point.x, point.y, point.z])
        result = MoveGripper.Result(
            reached=reached, holding=self._table().holding, position=self._position()
        )
        executor.create_task(handle.execute, partial(_conclude, result))

    def _position(self) -> Point:
        x, y, z = map(float, self._table().gripper.position)
        return Point(x=x, y=y, z=z)


def _conclude(result: MoveGripper.Result, handle: Handle) -> MoveGripper.Result:
    if handle.is_cancel_requested:
        handle.canceled()
    elif result.reached or result.holding:
        handle.succeed()
    else:
        handle.abort()
    return result
