"""Another detector's candidates over DDS, and what was found as detections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from node_process import NodeProcess, next_domain
from pictures import rgb_message
from PIL import Image as Picture
from rex_thinker_ros.msg import Referral
from ros_client import Client
from vision_msgs.msg import Detection2D, Detection2DArray

DOMAIN = next_domain()
TABLE = np.asarray(Picture.open(Path(__file__).parents[1] / "data" / "tabletop.jpg"))
ORANGE_MUG, BOTTLE = (105, 292, 186, 390), (512, 136, 569, 242)
COMMAND = "pick up the orange mug"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    process = NodeProcess(DOMAIN, {"model": "demo", "max_image_age": 0.0, "candidates": "topic"})
    try:
        process.wait_for_line("Ready for commands")
        client = Client(DOMAIN)
        client.connect()
        client.wait_for_camera()
        yield client
        client.close()
        assert process.stop() == 0
    finally:
        process.kill()


@pytest.fixture
def detector(client: Client) -> Any:
    publisher = client.publisher(Detection2DArray, "/candidates", reliable=True)
    client.wait(publisher.get_subscription_count)
    return publisher


def found(*boxes: tuple[int, int, int, int]) -> Detection2DArray:
    message = Detection2DArray()
    for x0, y0, x1, y1 in boxes:
        one = Detection2D()
        one.bbox.center.position.x, one.bbox.center.position.y = (x0 + x1) / 2, (y0 + y1) / 2
        one.bbox.size_x, one.bbox.size_y = float(x1 - x0), float(y1 - y0)
        message.detections.append(one)
    return message


def test_boxes_of_the_same_stamp_are_the_candidates(client: Client, detector: Any) -> None:
    published: list[Detection2DArray] = []
    client.node.create_subscription(Detection2DArray, "/refer/detections", published.append, 10)
    client.wait(lambda: client.node.count_publishers("/refer/detections"))
    image, message = rgb_message(TABLE), found(ORANGE_MUG, BOTTLE)
    client.show(image)
    client.send(COMMAND)
    client.spin(0.2)  # their detector takes its time
    assert not client.results(COMMAND)
    message.header = image.header
    detector.publish(message)
    referral = client.wait(lambda: client.results(COMMAND))[-1]
    assert referral.status == Referral.FOUND, referral.status_text
    assert [c.box.x_offset for c in referral.candidates] == [ORANGE_MUG[0], BOTTLE[0]]
    assert [box.x_offset for box in referral.boxes] == [ORANGE_MUG[0]]
    (one,) = client.wait(lambda: published)[-1].detections
    assert one.bbox.center.position.x == pytest.approx((ORANGE_MUG[0] + ORANGE_MUG[2]) / 2, abs=1)
    assert one.results[0].hypothesis.class_id == "mug"


def test_without_boxes_for_the_image_there_are_no_candidates(client: Client, detector: Any) -> None:
    client.show(rgb_message(TABLE))
    stale = found(ORANGE_MUG)
    stale.header.stamp.sec = 7
    detector.publish(stale)
    referral = client.ask(COMMAND)
    assert referral.status == Referral.NO_CANDIDATES
    assert "/candidates" in referral.status_text
