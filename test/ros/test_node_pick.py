"""Pick points over DDS: depth and intrinsics beside the image, with the embedded models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import PointStamped
from node_process import next_domain, running_node
from pictures import rgb_message
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected
from sensor_msgs.msg import CameraInfo, Image
from table import MUGS, TABLE
from visualization_msgs.msg import Marker, MarkerArray

DOMAIN = next_domain()
HEIGHT, WIDTH = TABLE.shape[:2]
FOCAL = 500.0
COMMAND = "pick up the orange mug"


class DepthCamera:
    """Show the table with a flat depth of 1 m, and the mug 0.2 m before it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.depth = client.publisher(Image, "/depth", reliable=True)
        self.info = client.publisher(CameraInfo, "/camera_info", reliable=True)
        client.wait_for_camera()
        client.wait(self.depth.get_subscription_count)
        client.wait(self.info.get_subscription_count)

    def show(self, *, with_info: bool, frame: str = "camera") -> None:
        values = np.full((HEIGHT, WIDTH), 1000, np.uint16)
        x0, y0, x1, y1 = map(int, MUGS["orange"].as_tuple())
        values[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4] = 800
        depth = Image(height=HEIGHT, width=WIDTH, encoding="16UC1", step=2 * WIDTH)
        depth.data = values.tobytes()
        image = rgb_message(TABLE)
        stamp = self.client.node.get_clock().now().to_msg()
        depth.header.stamp = image.header.stamp = stamp
        depth.header.frame_id = frame
        if with_info:
            info = CameraInfo(height=HEIGHT, width=WIDTH)
            info.k = [FOCAL, 0.0, WIDTH / 2, 0.0, FOCAL, HEIGHT / 2, 0.0, 0.0, 1.0]
            self.info.publish(info)
        self.depth.publish(depth)
        self.client.camera.publish(image)
        self.client.spin(0.3)


@pytest.fixture
def client() -> Iterator[Client]:
    parameters = {"model": "demo", "max_image_age": 0.0}
    with running_node(DOMAIN, parameters), connected(DOMAIN) as client:
        yield client


def test_what_is_found_gets_a_point_where_depth_is(client: Client) -> None:
    points: list[Any] = []
    markers: list[Any] = []
    client.node.create_subscription(PointStamped, "/refer/pick_point", points.append, 10)
    client.node.create_subscription(MarkerArray, "/refer/markers", markers.append, 10)
    camera = DepthCamera(client)

    camera.show(with_info=False)
    without = client.ask(COMMAND)
    assert without.status == Referral.FOUND
    assert not without.pick_points

    camera.show(with_info=True, frame="other camera")
    elsewhere = client.ask(COMMAND)
    assert elsewhere.status == Referral.FOUND
    assert not elsewhere.pick_points

    camera.show(with_info=True)
    referral = client.ask(COMMAND)
    (point,) = referral.pick_points
    middle = (MUGS["orange"].center[0] - WIDTH / 2) * 0.8 / FOCAL
    assert point.point.z == pytest.approx(0.8, abs=0.002)
    assert point.point.x == pytest.approx(middle, abs=0.01)
    assert 0.3 < point.depth_share <= 1
    stamped = client.wait(lambda: points)[-1]
    assert (stamped.header, stamped.point) == (referral.header, point.point)
    shown = client.wait(lambda: [m for m in markers if len(m.markers) > 1])[-1].markers
    assert [marker.type for marker in shown[1:]] == [Marker.SPHERE, Marker.TEXT_VIEW_FACING]
    assert shown[1].pose.position == point.point
