"""Single frames of a camera that is on ROS."""

from __future__ import annotations

import importlib.util
import threading
import time

from rex_thinker_ros.images.decoding import decode_image
from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.images.message import CompressedImage, RawImage
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.user_error import UserError

_SECONDS = 3.0
_COMPRESSED = "/compressed"
_one_at_a_time = threading.Lock()  # ROS is started and stopped for each frame


class CameraError(UserError):
    """Say why there is no frame."""


def ros_is_there() -> bool:
    """Tell whether this Python can speak to ROS 2."""
    return importlib.util.find_spec("rclpy") is not None


def take_frame(topic: str) -> RgbImage:
    """Return the next frame of a topic, raw or compressed; `topic` is without `/compressed`.

    Raises:
        CameraError: the topic has no valid name, or no readable frame came.
    """
    base = topic.strip().removesuffix(_COMPRESSED)
    with _one_at_a_time:
        message = _next_message(base)
    if message is None:
        raise CameraError(
            f"No image came on {base} or {base}{_COMPRESSED} within {_SECONDS:.0f} s. Is the "
            "camera running, and is this its topic?"
        )
    try:
        return decode_image(message)
    except ImageError as error:
        raise CameraError(f"The image on {base} cannot be used: {error}.") from error


def _next_message(base: str) -> RawImage | CompressedImage | None:
    """Listen for a moment; None if nothing came."""
    # the page works where ROS is not installed, or only in part
    try:
        from rclpy.exceptions import InvalidTopicNameException
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.qos import qos_profile_sensor_data
        from sensor_msgs import msg

        from rex_thinker_ros.apps.ros_node import ros_node
    except ImportError as error:
        raise CameraError(f"ROS 2 cannot be loaded: {error}") from error

    arrived: list[RawImage | CompressedImage] = []
    with ros_node("rex_page") as node:
        try:
            for kind, name in ((msg.Image, base), (msg.CompressedImage, base + _COMPRESSED)):
                node.create_subscription(kind, name, arrived.append, qos_profile_sensor_data)
        except (InvalidTopicNameException, ValueError) as error:
            raise CameraError(f'"{base}" is not the name of a topic.') from error
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        deadline = time.monotonic() + _SECONDS
        while not arrived and time.monotonic() < deadline:
            executor.spin_once(timeout_sec=0.05)
        executor.shutdown()
    return arrived[0] if arrived else None
