"""The embedded models on rendered tabletops, from compressed images to referrals over DDS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from node_process import next_domain, running_node
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected
from sensor_msgs.msg import CompressedImage, RegionOfInterest

from rex_thinker_ros.referring.boxes import Box

DATA = Path(__file__).parents[1] / "data"
FILE = DATA / "tabletop.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else []
DOMAIN = next_domain()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    parameters = {"model": "demo", "image_transport": "compressed"}
    with running_node(DOMAIN, parameters), connected(DOMAIN) as client:
        client.camera = client.publisher(CompressedImage, "/image/compressed")
        client.wait_for_camera()
        yield client


def box(region: RegionOfInterest) -> Box:
    left, top = region.x_offset, region.y_offset
    return Box(left, top, left + region.width, top + region.height)


def test_there_are_cases_of_both_kinds() -> None:
    statuses = {case["expected_status"] for case in CASES}
    assert "FOUND" in statuses, f"{FILE} holds no scene with an object to find"
    assert statuses - {"FOUND"}, f"{FILE} holds no scene to abstain from"


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["command"]))
def test_the_referral_is_the_expected_one(client: Client, case: dict[str, Any]) -> None:
    data = (DATA / case["image"]).read_bytes()
    image = CompressedImage(format=Path(case["image"]).suffix[1:], data=data)
    image.header.frame_id = "camera"
    client.pictures.clear()
    referral = client.ask(case["command"], image)
    assert referral.status == getattr(Referral, case["expected_status"]), referral.status_text
    expected = [Box(*edges) for edges in case["expected_boxes"]]
    given = [box(region) for region in referral.boxes]
    assert len(given) == len(expected)
    assert all(max(truth.iou(one) for one in given) >= 0.5 for truth in expected)
    assert bool(referral.confidence) == bool(referral.reasoning)
    assert referral.header == image.header
    client.wait(lambda: client.pictures)
