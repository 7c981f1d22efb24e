"""A bag of a table with its depth and another detector's candidates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from bags import SECOND, START, STORE, TOPIC
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg
from table import MUGS, TABLE

from rex_thinker_ros.referring.boxes import Box

ROOT = Path(__file__).parents[1]
FOCAL = 500.0
DEPTH, INFO, CANDIDATES = "/camera/depth", "/camera/camera_info", "/candidates"
UNHEARD = "/unheard/image"
DEPTH_LATE, CANDIDATES_LATE = 0.02, 0.2  # seconds after the image that they belong to
for _name in (
    "Point2D", "Pose2D", "BoundingBox2D", "ObjectHypothesis", "ObjectHypothesisWithPose",
    "Detection2D", "Detection2DArray",
):  # fmt: skip
    _text = (ROOT / "interfaces" / "vision_msgs" / "msg" / f"{_name}.msg").read_text()
    STORE.register(get_types_from_msg(_text, f"vision_msgs/msg/{_name}"))


def kind(name: str) -> Any:
    """Return the class of a message type."""
    return STORE.types[name]


def write_depth_bag(folder: Path, times: tuple[float, ...], candidates: tuple[Box, ...]) -> Path:
    """Write the table at these seconds, with a flat depth of 1 m and the orange mug 0.2 m before.

    Depth and candidates are recorded a little after the image with its stamp.
    """
    events: list[tuple[float, str, Any]] = []
    for seconds in times:
        at = START + int(seconds * SECOND)
        stamp = kind("builtin_interfaces/msg/Time")(*divmod(at, SECOND))
        header = kind("std_msgs/msg/Header")(stamp, "camera")
        events += [
            (seconds, INFO, _info(header)),
            (seconds, TOPIC, _image(header, "rgb8", TABLE)),
            (seconds, UNHEARD, _image(header, "rgb8", TABLE[:1, :1])),
            (seconds + DEPTH_LATE, DEPTH, _image(header, "16UC1", _millimetres())),
            (seconds + CANDIDATES_LATE, CANDIDATES, _detections(header, candidates)),
        ]
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        topics = {
            topic: writer.add_connection(topic, message.__msgtype__, typestore=STORE)
            for topic, message in {topic: message for _, topic, message in events}.items()
        }
        for seconds, topic, message in sorted(events, key=lambda event: event[0]):
            data = STORE.serialize_cdr(message, message.__msgtype__)
            writer.write(topics[topic], START + int(seconds * SECOND), data)
    return folder


def _millimetres() -> np.ndarray:
    values = np.full(TABLE.shape[:2], 1000, np.uint16)
    x0, y0, x1, y1 = map(int, MUGS["orange"].as_tuple())
    values[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4] = 800
    return values


def _image(header: Any, encoding: str, pixels: np.ndarray) -> Any:
    height, width = pixels.shape[:2]
    data = np.frombuffer(pixels.tobytes(), np.uint8)
    return kind("sensor_msgs/msg/Image")(
        header, height, width, encoding, 0, len(data) // height, data
    )


def _info(header: Any) -> Any:
    height, width = TABLE.shape[:2]
    k = np.array([FOCAL, 0, width / 2, 0, FOCAL, height / 2, 0, 0, 1])
    region = kind("sensor_msgs/msg/RegionOfInterest")(0, 0, 0, 0, False)
    return kind("sensor_msgs/msg/CameraInfo")(
        header, height, width, "plumb_bob", np.zeros(5), k, np.eye(3).ravel(), np.zeros(12), 0, 0,
        region,
    )  # fmt: skip


def _detections(header: Any, boxes: tuple[Box, ...]) -> Any:
    return kind("vision_msgs/msg/Detection2DArray")(
        header, [_detection(header, box) for box in boxes]
    )


def _detection(header: Any, box: Box) -> Any:
    position = kind("vision_msgs/msg/Point2D")(*box.center)
    center = kind("vision_msgs/msg/Pose2D")(position, 0.0)
    extent = kind("vision_msgs/msg/BoundingBox2D")(center, box.width, box.height)
    return kind("vision_msgs/msg/Detection2D")(header, [], extent, "")
