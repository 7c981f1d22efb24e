#!/usr/bin/env python3
"""Act on a referral that found something just now in our camera; tell the operator of all else."""

from __future__ import annotations

from contextlib import suppress

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.time import Time
from rex_thinker_ros.msg import Referral


class PickWhenFound(Node):
    """Listen to referrals; parameters: camera_frame, and max_age of an image in seconds."""

    def __init__(self) -> None:
        super().__init__("pick_when_found")
        self._camera_frame = self.declare_parameter("camera_frame", "camera").value
        self._max_age = self.declare_parameter("max_age", 5.0).value
        # also hears results from before its start: the age of the image tells them apart
        qos = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.create_subscription(Referral, "refer/referral", self._on_referral, qos)

    def _on_referral(self, referral: Referral) -> None:
        if objection := self._objection(referral):
            self.get_logger().warning(f"'{referral.command}': {objection}")
            return
        for box in referral.boxes:
            x, y = box.x_offset + box.width / 2, box.y_offset + box.height / 2
            self.get_logger().info(f"'{referral.command}': picking at pixel ({x:.1f}, {y:.1f})")

    def _objection(self, referral: Referral) -> str:
        if referral.status != Referral.FOUND:
            return str(referral.status_text)
        if referral.header.frame_id != self._camera_frame:
            return f"the image is of '{referral.header.frame_id}', not of '{self._camera_frame}'"
        age = (self.get_clock().now() - Time.from_msg(referral.header.stamp)).nanoseconds / 1e9
        if not 0 <= age <= self._max_age:
            return f"the image is {age:.1f} s old, not from just now"
        return ""


def main() -> None:
    """Listen until a signal ends it."""
    rclpy.init()
    node = PickWhenFound()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
