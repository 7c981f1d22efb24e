"""Bags of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rosbags.rosbag2 import Writer
from rosbags.typesys import Stores, get_typestore

START = 1_700_000_000_000_000_000  # nanoseconds
SECOND = 1_000_000_000
TOPIC = "/camera/image"
STORE = get_typestore(Stores.LATEST)


def write_bag(folder: Path, pictures: dict[float, np.ndarray], **options: Any) -> Path:
    """Write images at seconds from the start, stamped as recorded, and words beside them."""
    kinds = STORE.types
    with Writer(folder, version=9, **options) as writer:
        images = writer.add_connection(TOPIC, "sensor_msgs/msg/Image", typestore=STORE)
        words = writer.add_connection("/words", "std_msgs/msg/String", typestore=STORE)
        for seconds, rgb in pictures.items():
            at = START + int(seconds * SECOND)
            stamp = kinds["builtin_interfaces/msg/Time"](*divmod(at, SECOND))
            image = kinds["sensor_msgs/msg/Image"](
                kinds["std_msgs/msg/Header"](stamp, "camera"), rgb.shape[0], rgb.shape[1], "rgb8",
                0, 3 * rgb.shape[1], rgb.reshape(-1),
            )  # fmt: skip
            writer.write(images, at, STORE.serialize_cdr(image, "sensor_msgs/msg/Image"))
            word = STORE.serialize_cdr(kinds["std_msgs/msg/String"]("hello"), "std_msgs/msg/String")
            writer.write(words, at, word)
    return folder
