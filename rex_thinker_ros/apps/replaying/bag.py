"""A rosbag2, read without ROS."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.rosbag2 import ReaderError
from rosbags.typesys import Stores, get_typestore

from rex_thinker_ros.user_error import UserError

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
DEPTH_TYPES = ("sensor_msgs/msg/Image",)
INFO_TYPES = ("sensor_msgs/msg/CameraInfo",)
CANDIDATE_TYPES = ("vision_msgs/msg/Detection2DArray",)


class BagError(UserError):
    """Say what is wrong with a bag, and what to do."""


@dataclass(frozen=True)
class Recorded:
    """A serialized message of the bag, its topic and type, and when it was recorded."""

    nanoseconds: int
    topic: str
    kind: str
    data: bytes
    open: Callable[[], Any]
    """Deserialize it."""


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

    def kinds(self, topics: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Return the types of topics, each of which is one of those that are given.

        Raises:
            BagError: the bag does not have a topic, or it is of another type.
        """
        return {topic: self._kind(topic, kinds) for topic, kinds in topics.items()}

    def messages(self, topics: Collection[str]) -> Iterator[Recorded]:
        """Yield the messages of topics in the order of their recording.

        Raises:
            BagError: it is cut off.
        """
        connections = [c for c in self._reader.connections if c.topic in topics]
        try:
            for connection, nanoseconds, data in self._reader.messages(connections):
                open_ = partial(self._reader.deserialize, data, connection.msgtype)
                yield Recorded(
                    int(nanoseconds), connection.topic, connection.msgtype, bytes(data), open_
                )
        # what is wrong with a file shows only here, each storage in its own way
        except (AnyReaderError, ReaderError, ValueError, KeyError, OSError) as error:
            raise BagError(f"{self._path} cannot be read to its end: {error}") from error

    def _kind(self, topic: str, kinds: Sequence[str]) -> str:
        found = [c.msgtype for c in self._reader.connections if c.topic == topic]
        if not found:
            topics = ", ".join(sorted({c.topic for c in self._reader.connections}))
            raise BagError(f"{self._path} has no topic {topic}. It has {topics}.")
        other = [kind for kind in found if kind not in kinds]
        if other:
            raise BagError(f"{topic} is of the type {other[0]}, wanted is {' or '.join(kinds)}")
        return found[0]
