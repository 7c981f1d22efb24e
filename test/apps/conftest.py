"""A small bag and what belongs to it, written as the demo's own material is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

FIRST_STAMP = 1_700_000_000_000_000_000  # nanoseconds
PERIOD = 100_000_000
FRAMES = 12


@pytest.fixture(scope="session")
def stamps() -> list[int]:
    """Return the stamps of the bag's frames, in nanoseconds."""
    return [FIRST_STAMP + i * PERIOD for i in range(FRAMES)]


@pytest.fixture
def material(tmp_path: Path, stamps: list[int]) -> Path:
    """Return a folder with a bag of 1.1 s, its truth (a mug that moves) and one command."""
    _write_bag(tmp_path / "tabletops", stamps)
    frames = [{"stamp": stamp, "scene": 0, "objects": [_mug(i)]} for i, stamp in enumerate(stamps)]
    (tmp_path / "truth.json").write_text(json.dumps({"frames": frames}))
    (tmp_path / "commands.yaml").write_text(
        "- {at: 0.0, until: 1.0, command: the mug, status: FOUND, objects: [7]}\n"
    )
    return tmp_path


def _mug(frame: int) -> dict[str, Any]:
    return {"id": 7, "category": "mug", "color": "red", "box": [frame, 10, frame + 20, 40]}


def _write_bag(path: Path, stamps: list[int]) -> None:
    store = get_typestore(Stores.ROS2_KILTED)
    kinds = store.types
    image, point = kinds["sensor_msgs/msg/CompressedImage"], kinds["geometry_msgs/msg/PointStamped"]
    text, header = kinds["std_msgs/msg/String"], kinds["std_msgs/msg/Header"]
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:

        def topic(name: str, kind: Any) -> Any:
            return writer.add_connection(name, kind.__msgtype__, typestore=store)

        def write(connection: Any, stamp: int, message: Any) -> None:
            writer.write(connection, stamp, store.serialize_cdr(message, message.__msgtype__))

        frames = topic("/camera/image/compressed", image)
        points, words = topic("/point", point), topic("/words", text)
        for number, stamp in enumerate(stamps):
            time = kinds["builtin_interfaces/msg/Time"](*divmod(stamp, 1_000_000_000))
            head = header(time, "camera")
            data = np.array([number], np.uint8)
            write(frames, stamp, image(head, "jpeg", data))
            # the same stamp, recorded a little later
            write(points, stamp + 1_000_000, point(head, kinds["geometry_msgs/msg/Point"](1, 2, 3)))
            write(words, stamp + 2_000_000, text(f"word {number}"))
