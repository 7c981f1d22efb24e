"""A node of one of our commands in the ROS graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions


@contextmanager
def ros_node(name: str) -> Iterator[Node]:
    """Give a node, and leave the graph afterwards; signals stay Python's."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = Node(name)
    try:
        yield node
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
