"""A rosbag2, read without ROS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.rosbag2 import ReaderError
from rosbags.typesys import Stores, get_typestore

from rex_thinker_ros.user_error import UserError

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
IMAGE_TYPES = (RAW, COMPRESSED)


class BagError(UserError):
    """Say what is wrong with a bag, and what to do."""


@dataclass(frozen=True)
class Recorded:
    """A message of the bag, and when it was recorded, in nanoseconds."""

    nanoseconds: int
    message: Any


class Bag:
    """Read messages of a bag in their order; a context manager.

    The path is the folder of a rosbag2, or one of its .mcap or .db3 files.

    Raises:
        BagError: there is no such bag, it is cut off, or it holds no message.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            raise BagError(f"{path} does not exist")
        try:
            self._reader = AnyReader([path], default_typestore=get_typestore(Stores.LATEST))
            self._reader.open()
        # rosbags lets errors of the storages through
        except Exception as error:
            raise BagError(
                f"{path} cannot be read as a rosbag2; is the recording whole? {error}"
            ) from error
        if not self._reader.message_count:
            self._reader.close()
            raise BagError(f"{path} holds no message")

    def __enter__(self) -> Bag:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    @property
    def start_nanoseconds(self) -> int:
        """Return when the first message was recorded."""
        return int(self._reader.start_time)

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return float(self._reader.duration / 1e9)

    def image_topics(self) -> list[str]:
        """Return the topics with images."""
        return sorted({c.topic for c in self._reader.connections if c.msgtype in IMAGE_TYPES})

    def messages(self, topic: str, kinds: Sequence[str]) -> Iterator[Recorded]:
        """Yield the messages of a topic.

        Raises:
            BagError: the bag does not have that topic, or it is of another type, or cut off.
        """
        connections = self._connections(topic, kinds)
        try:
            for connection, nanoseconds, data in self._reader.messages(connections):
                message = self._reader.deserialize(data, connection.msgtype)
                yield Recorded(int(nanoseconds), message)
        # what is wrong with a file shows only here, each storage in its own way
        except (AnyReaderError, ReaderError, ValueError, KeyError, OSError) as error:
            raise BagError(f"{self._path} cannot be read to its end: {error}") from error

    def _connections(self, topic: str, kinds: Sequence[str]) -> list[Connection]:
        connections = [c for c in self._reader.connections if c.topic == topic]
        if not connections:
            topics = ", ".join(sorted({c.topic for c in self._reader.connections}))
            raise BagError(f"{self._path} has no topic {topic}. It has {topics}.")
        other = [c.msgtype for c in connections if c.msgtype not in kinds]
        if other:
            raise BagError(f"{topic} is of the type {other[0]}, wanted is {' or '.join(kinds)}")
        return connections
