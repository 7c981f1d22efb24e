"""The node's clock, which is the simulation's with use_sim_time."""

from __future__ import annotations

from rclpy.node import Node


def now_nanoseconds(node: Node) -> int:
    """Return the time of the node's clock in nanoseconds."""
    return int(node.get_clock().now().nanoseconds)
