"""The depth nearest in time comes over DDS, or a sentence says why there is none."""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from node_process import next_domain
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from ros_client import Client
from sensor_msgs.msg import CameraInfo, Image

from rex_thinker_ros.answering.depth import DepthError
from rex_thinker_ros.referring.pick_point import Intrinsics
from rex_thinker_ros.ros.depth import Depth

SECOND = 1_000_000_000
K = [300.0, 0.0, 1.5, 0.0, 310.0, 0.5, 0.0, 0.0, 1.0]


def image(seconds: float, millimetres: int = 1000, frame_id: str = "depth_frame") -> Image:
    message = Image(height=2, width=4, step=8, encoding="16UC1")
    message.data = np.full(8, millimetres, np.uint16).tobytes()
    message.header.frame_id = frame_id
    message.header.stamp = Time(sec=int(seconds), nanosec=round(seconds % 1 * SECOND))
    return message


def info(**changes: Any) -> CameraInfo:
    return CameraInfo(**{"width": 4, "height": 2, "k": K, **changes})


class Camera:
    """Publishers of depth and camera_info beside the subscriber that is tested."""

    def __init__(self, prefix: str = "", *, reliable: bool = False) -> None:
        self.client = Client(next_domain())
        self.depth = Depth(self.client.node, prefix)
        self.depth.start()
        self.images = self.client.publisher(Image, f"/{prefix}depth", reliable=reliable)
        self.infos = self.client.publisher(CameraInfo, f"/{prefix}camera_info", reliable=reliable)
        self._heard: list[bytes] = []
        for publisher in (self.images, self.infos):
            self.client.node.create_subscription(
                publisher.msg_type, publisher.topic_name, self._heard.append,
                QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT), raw=True,
            )  # fmt: skip
            self.client.wait(partial(self._is_matched, publisher))
        self.client.spin(0.3)  # the other side matches a moment later

    def _is_matched(self, publisher: Any) -> bool:
        return bool(publisher.get_subscription_count() == 2)

    def send(self, *messages: Image | CameraInfo | bytes) -> None:
        """Publish, bytes as a depth image, and spin until each has come."""
        for message in messages:
            heard = len(self._heard)
            publisher = self.infos if isinstance(message, CameraInfo) else self.images
            publisher.publish(message)
            self.client.wait(partial(self._has_heard_more, heard))
            self.client.spin(0.05)  # the subscription that is tested hears it about then

    def _has_heard_more(self, than: int) -> bool:
        return len(self._heard) > than

    def refusal(self, seconds: float = 100, tolerance: float = 0.05) -> str:
        """Return why there is no depth."""
        with pytest.raises(DepthError) as refusal:
            self.depth.at(round(seconds * SECOND), tolerance)
        return str(refusal.value)

    def seen(self, seconds: float = 100, tolerance: float = 0.05) -> float:
        """Return the depth of the first pixel in metres."""
        return float(self.depth.at(round(seconds * SECOND), tolerance).depth[0, 0])


@pytest.fixture
def make() -> Iterator[Callable[..., Camera]]:
    cameras: list[Camera] = []

    def start(*args: Any, **options: Any) -> Camera:
        cameras.append(Camera(*args, **options))
        return cameras[-1]

    yield start
    for camera in cameras:
        camera.depth.stop()
        camera.client.close()


@pytest.fixture
def camera(make: Callable[..., Camera]) -> Camera:
    return make()


@pytest.mark.parametrize("prefix", ["", "left/"], ids=["no prefix", "prefix"])
@pytest.mark.parametrize("reliable", [False, True], ids=["best effort", "reliable"])
def test_depth_is_seen_with_its_intrinsics_and_frame(
    make: Callable[..., Camera], prefix: str, reliable: bool
) -> None:
    camera = make(prefix, reliable=reliable)
    camera.send(info(), image(100.25, 1500))
    view = camera.depth.at(100 * SECOND + SECOND // 4, 0.0)
    np.testing.assert_array_equal(view.depth, np.full((2, 4), 1.5, np.float32))
    assert view.intrinsics == Intrinsics(300, 310, 1.5, 0.5, 4, 2)
    assert view.frame_id == "depth_frame"


def test_the_nearest_in_time_is_taken(camera: Camera) -> None:
    camera.send(info(), image(100.0, 1000), image(100.2, 1200), image(100.1, 1100))
    assert camera.seen(100.04) == pytest.approx(1.0)
    assert camera.seen(100.11) == pytest.approx(1.1)
    assert camera.seen(100.24) == pytest.approx(1.2)
    assert camera.seen(99.96) == pytest.approx(1.0)


def test_each_reason_for_no_depth_is_said(camera: Camera) -> None:
    assert camera.refusal().startswith("No depth was received on /depth.")
    camera.send(info())
    assert camera.refusal().startswith("No depth was received on /depth.")
    camera.send(image(100.0))
    assert camera.refusal(100.4).startswith("The nearest depth is 0.4 s off the image")
    assert camera.refusal(99.6).startswith("The nearest depth is 0.4 s off the image")
    assert camera.seen(100.0) == pytest.approx(1.0)


def test_depth_without_camera_info_is_not_used(camera: Camera) -> None:
    camera.send(image(100.0))
    assert "no camera_info on /camera_info" in camera.refusal()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"k": [0.0] * 9}, "not calibrated", id="uncalibrated"),
        pytest.param({"k": [math.nan] * 9}, "focal lengths", id="not numbers"),
        pytest.param({"k": [-1.0, *K[1:]]}, "focal lengths", id="negative"),
        pytest.param({"width": 0}, "0 x 2 pixels", id="no size"),
    ],
)
def test_a_camera_info_that_says_nothing_is_refused(
    camera: Camera, changes: dict[str, Any], reason: str
) -> None:
    camera.send(image(100.0), info(**changes))
    assert reason in camera.refusal()


def test_the_last_camera_info_counts(camera: Camera) -> None:
    camera.send(image(100.0), info(k=[0.0] * 9), info())
    assert camera.seen() == pytest.approx(1.0)


def test_a_malformed_depth_image_is_refused(camera: Camera) -> None:
    message = image(100.0)
    message.encoding = "64FC1"
    camera.send(info(), message)
    assert "malformed: encoding '64FC1' is not supported" in camera.refusal()


@pytest.mark.parametrize("length", [3, 11, 20], ids=lambda length: f"{length} bytes")
def test_a_message_that_is_cut_off_is_refused(camera: Camera, length: int) -> None:
    camera.send(info(), bytes(serialize_message(image(100.0)))[:length])
    assert "cannot be deserialized" in camera.refusal(tolerance=math.inf)


def test_the_stamp_is_read_in_both_byte_orders(camera: Camera) -> None:
    # stamp; frame_id; height, width, encoding, byte order of the pixels; step, data
    body = struct.pack(">iI", 100, SECOND // 4) + struct.pack(">I4s", 4, b"far")
    body += struct.pack(">III6sBx", 1, 1, 6, b"16UC1", 0) + struct.pack(">II", 2, 2) + b"\xe8\x03"
    camera.send(info(), b"\0\0\0\0" + body)
    view = camera.depth.at(100 * SECOND + SECOND // 4, 0.0)
    assert (view.depth[0, 0], view.frame_id) == (1.0, "far")


def test_depth_without_a_stamp_counts_from_its_reception(camera: Camera) -> None:
    camera.send(info(), image(0.0))
    now = camera.client.node.get_clock().now().nanoseconds / SECOND
    assert camera.seen(now, tolerance=60.0) == pytest.approx(1.0)


def test_old_depth_is_forgotten_unless_it_is_held(camera: Camera) -> None:
    camera.send(info(), image(100.0, 1000), image(100.1, 1100))
    camera.depth.hold(100 * SECOND)
    camera.send(*(image(200.0 + number, 2000) for number in range(12)))
    assert camera.seen(100.0) == pytest.approx(1.0)
    assert "off the image" in camera.refusal(100.1)
    assert camera.seen(211.0) == pytest.approx(2.0)
    camera.depth.hold(211 * SECOND)
    assert "off the image" in camera.refusal(100.0)


def test_depth_that_comes_later_than_its_image_is_held(camera: Camera) -> None:
    camera.send(info(), image(99.9, 999))
    late = threading.Timer(0.03, lambda: camera.images.publish(image(100.0, 1000)))
    late.start()
    camera.depth.hold(100 * SECOND)
    late.join()
    camera.send(*(image(200.0 + number, 2000) for number in range(12)))
    assert camera.seen(100.0) == pytest.approx(1.0)


def test_stopping_forgets_and_starting_again_listens(camera: Camera) -> None:
    camera.send(info(), image(100.0))
    camera.depth.hold(100 * SECOND)
    camera.depth.stop()
    assert "No depth" in camera.refusal()
    camera.client.wait(lambda: camera.images.get_subscription_count() == 1)  # the test's own
    camera.send(info(), image(100.0))
    assert "No depth" in camera.refusal()
    camera.depth.start()
    camera.client.wait(lambda: camera.images.get_subscription_count() == 2)
    camera.client.wait(lambda: camera.infos.get_subscription_count() == 2)
    camera.client.spin(0.3)
    camera.send(info(), image(101.0))
    assert camera.seen(101.0) == pytest.approx(1.0)


def test_it_can_be_asked_while_depth_comes_in(camera: Camera) -> None:
    camera.send(info(), image(100.0))
    camera.depth.hold(100 * SECOND)
    faults: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                camera.depth.hold(100 * SECOND)
                camera.seen(100.0)
        except Exception as error:  # noqa: BLE001 - the test shows whichever it is
            faults.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(50):
        camera.images.publish(image(200.0 + number))
        camera.client.spin(0.01)
    done.set()
    asking.join()
    assert not faults
