"""The depth camera as the node sees it: the last depth images and the intrinsics."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo, Image

from rex_thinker_ros.answering.depth import (
    KEPT,
    ON_ITS_WAY_SECONDS,
    DepthError,
    DepthTopics,
    DepthView,
    depth_view,
)
from rex_thinker_ros.ros.clock import now_nanoseconds
from rex_thinker_ros.ros.lazy_subscription import LazySubscription
from rex_thinker_ros.stamps import NANOSECONDS, read_stamp, seconds_between

_POLL_SECONDS = 0.005


@dataclass(frozen=True)
class _Received:
    data: bytes
    stamp_nanoseconds: int

    def seconds_from(self, stamp_nanoseconds: int) -> float:
        return abs(seconds_between(self.stamp_nanoseconds, stamp_nanoseconds))


class Depth:
    """Know the last depth images of {prefix}depth and the last {prefix}camera_info.

    They stay in the middleware until somebody asks. Depth images without a stamp count from their
    reception, on the node's clock. Safe to be asked from any thread.
    """

    def __init__(self, node: Node, prefix: str = "") -> None:
        self._node = node
        self._topics = DepthTopics(
            node.resolve_topic_name(f"{prefix}depth"),
            node.resolve_topic_name(f"{prefix}camera_info"),
        )
        self._depths: LazySubscription | None = None
        self._infos: LazySubscription | None = None
        self._lock = threading.Lock()
        self._last: deque[_Received] = deque(maxlen=KEPT)
        self._held: _Received | None = None
        self._info: bytes | None = None

    def start(self) -> None:
        """Subscribe."""
        with self._lock:
            self._depths = self._subscribe(Image, self._topics.depth, KEPT)
            self._infos = self._subscribe(CameraInfo, self._topics.camera_info, 1)

    def stop(self) -> None:
        """Unsubscribe, and forget what came."""
        with self._lock:
            for subscription in filter(None, (self._depths, self._infos)):
                subscription.destroy()
            self._depths = self._infos = None
            self._last.clear()
            self._held = self._info = None

    def hold(self, stamp_nanoseconds: int) -> None:
        """Keep the depth image nearest to a stamp until the next call, however many come later.

        Call it when work on an image begins: reasoning takes longer than the last few depth
        images reach back. One that is still on its way is waited for, ON_ITS_WAY_SECONDS at most.
        """
        deadline = time.monotonic() + ON_ITS_WAY_SECONDS
        while True:
            with self._lock:
                self._refresh()
                self._held = self._nearest(stamp_nanoseconds)
                came = any(one.stamp_nanoseconds >= stamp_nanoseconds for one in self._last)
            nobody = not self._node.count_publishers(self._topics.depth)
            if came or nobody or time.monotonic() >= deadline:
                return
            time.sleep(_POLL_SECONDS)

    def at(self, stamp_nanoseconds: int, tolerance_seconds: float) -> DepthView:
        """Return the depth whose stamp is nearest, within the tolerance, and the intrinsics.

        Raises:
            DepthError: there is none, or it cannot be used.
        """
        with self._lock:
            self._refresh()
            nearest, info = self._nearest(stamp_nanoseconds), self._info
        seconds_off = nearest.seconds_from(stamp_nanoseconds) if nearest else None
        self._topics.check(seconds_off, tolerance_seconds, has_info=info is not None)
        assert nearest is not None
        assert info is not None
        return depth_view(_deserialize(nearest.data, Image), _deserialize(info, CameraInfo))

    def _subscribe(self, kind: type[Any], topic: str, depth: int) -> LazySubscription:
        # best effort hears every publisher, reliable or not
        qos = QoSProfile(depth=depth, reliability=ReliabilityPolicy.BEST_EFFORT)
        overriding = QoSOverridingOptions.with_default_policies()
        return LazySubscription(self._node, kind, topic, qos, overriding)

    def _refresh(self) -> None:
        """Take what came meanwhile; the lock is held."""
        while self._depths and (taken := self._depths.take()):
            came = now_nanoseconds(self._node) - int(taken.seconds_ago * NANOSECONDS)
            self._last.append(_Received(taken.data, read_stamp(taken.data) or came))
        while self._infos and (taken := self._infos.take()):
            self._info = taken.data

    def _nearest(self, stamp_nanoseconds: int) -> _Received | None:
        kept = [*self._last, self._held] if self._held else self._last
        return min(kept, key=lambda one: one.seconds_from(stamp_nanoseconds), default=None)


def _deserialize(data: bytes, kind: type[Any]) -> Any:
    try:
        return deserialize_message(data, kind)
    except Exception as error:  # each middleware raises errors of its own
        raise DepthError(f"The message cannot be deserialized ({error}).") from error
