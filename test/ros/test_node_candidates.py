"""Another detector's candidates over DDS, and what was found as detections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from node_process import next_domain, running_node
from pictures import rgb_message
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected
from table import BOTTLES, MUGS, TABLE
from vision_msgs.msg import Detection2D, Detection2DArray

from rex_thinker_ros.referring.boxes import Box

DOMAIN = next_domain()
MUG, BOTTLE = MUGS["orange"], BOTTLES["white"]
COMMAND = "pick up the orange mug"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    parameters = {"model": "demo", "max_image_age": 0.0, "candidates": "topic"}
    with running_node(DOMAIN, parameters), connected(DOMAIN) as client:
        client.wait_for_camera()
        yield client


@pytest.fixture
def detector(client: Client) -> Any:
    publisher = client.publisher(Detection2DArray, "/candidates", reliable=True)
    client.wait(publisher.get_subscription_count)
    return publisher


def found(*boxes: Box) -> Detection2DArray:
    message = Detection2DArray()
    for box in boxes:
        one = Detection2D()
        one.bbox.center.position.x, one.bbox.center.position.y = box.center
        one.bbox.size_x, one.bbox.size_y = float(box.width), float(box.height)
        message.detections.append(one)
    return message


def test_boxes_of_the_same_stamp_are_the_candidates(client: Client, detector: Any) -> None:
    published: list[Detection2DArray] = []
    client.node.create_subscription(Detection2DArray, "/refer/detections", published.append, 10)
    client.wait(lambda: client.node.count_publishers("/refer/detections"))
    image, message = rgb_message(TABLE), found(MUG, BOTTLE)
    client.show(image)
    client.send(COMMAND)
    client.spin(0.2)  # their detector takes its time
    assert not client.results(COMMAND)
    message.header = image.header
    detector.publish(message)
    referral = client.wait(lambda: client.results(COMMAND))[-1]
    assert referral.status == Referral.FOUND, referral.status_text
    assert [c.box.x_offset for c in referral.candidates] == [MUG.x0, BOTTLE.x0]
    assert [box.x_offset for box in referral.boxes] == [MUG.x0]
    (one,) = client.wait(lambda: published)[-1].detections
    assert one.bbox.center.position.x == pytest.approx(MUG.center[0], abs=1)
    assert one.results[0].hypothesis.class_id == "mug"


def test_without_boxes_for_the_image_there_are_no_candidates(client: Client, detector: Any) -> None:
    client.show(rgb_message(TABLE))
    stale = found(MUG)
    stale.header.stamp.sec = 7
    detector.publish(stale)
    referral = client.ask(COMMAND)
    assert referral.status == Referral.NO_CANDIDATES
    assert "/candidates" in referral.status_text
