"""What the node does with images and refusals, over DDS; its detector finds nothing."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from node_process import NodeProcess, next_domain, running_node
from pictures import picture, rgb_message
from rclpy.duration import Duration
from rclpy.time import Time
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected
from sensor_msgs.msg import Image

DOMAIN = next_domain()
COMMAND = "hand me the red mug"


@pytest.fixture(scope="module", autouse=True)
def node(tiny_models: Mapping[str, object]) -> Iterator[NodeProcess]:
    # no score reaches 1: every image that is looked at ends as NO_CANDIDATES, in no time
    with running_node(DOMAIN, {**tiny_models, "detector.box_threshold": 1.0}) as process:
        yield process


@pytest.fixture
def client(node: NodeProcess) -> Iterator[Client]:
    with connected(DOMAIN) as client:
        client.wait_for_camera()
        client.referrals.clear()
        yield client


def big_endian() -> tuple[Image, np.ndarray]:
    shades = [[0, 60, 120], [180, 240, 255]]
    message = Image(height=2, width=3, encoding="mono16", is_bigendian=1, step=9)
    message.data = b"".join(struct.pack(">3H", *(s * 256 for s in row)) + b"xyz" for row in shades)
    return message, np.repeat(np.array(shades, np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("message", "rgb"),
    [
        (rgb_message(picture()), picture()),
        (rgb_message(picture(), pad=7), picture()),
        big_endian(),
    ],
    ids=["rgb8", "padded rows", "padded big-endian rows"],
)
def test_the_pixels_that_were_sent_are_looked_at(
    client: Client, message: Image, rgb: np.ndarray
) -> None:
    referral = client.ask(COMMAND, message)
    assert referral.status == Referral.NO_CANDIDATES
    client.wait(lambda: client.pictures)
    seen = client.pictures[-1]
    np.testing.assert_array_equal(np.frombuffer(seen.data, np.uint8), rgb.reshape(-1))
    assert (seen.encoding, seen.width, seen.height) == ("rgb8", rgb.shape[1], rgb.shape[0])


def test_a_referral_says_what_it_is_about(client: Client) -> None:
    message = rgb_message(picture())
    referral = client.ask(COMMAND, message)
    assert referral.header == message.header
    assert (referral.command, referral.category) == (COMMAND, "mug")
    assert (referral.expression, referral.model) == ("red mug", "demo")
    assert referral.id
    assert referral.status_text
    assert referral.image_age.sec >= 0
    assert referral.detection_duration.nanosec > 0


@pytest.mark.parametrize(
    ("sentence", "word"),
    [("move to the left", "object"), ("", "empty"), ("a mug " * 200, "512")],
    ids=["no object", "empty", "too long"],
)
def test_an_invalid_command_is_refused_with_advice(
    client: Client, sentence: str, word: str
) -> None:
    referral = client.ask(sentence, rgb_message(picture()))
    assert referral.status == Referral.INVALID_COMMAND
    assert word in referral.status_text
    assert not referral.boxes


def test_a_malformed_image_is_refused_and_the_next_one_works(client: Client) -> None:
    malformed = rgb_message(picture())
    malformed.data = malformed.data[:-1]
    refused = client.ask(COMMAND, malformed)
    assert refused.status == Referral.NO_IMAGE
    assert "9215 bytes of data" in refused.status_text
    assert client.ask(COMMAND, rgb_message(picture())).status == Referral.NO_CANDIDATES


@pytest.mark.parametrize(
    ("seconds", "word"), [(5.0, "old"), (-5.0, "ahead")], ids=["old image", "image of the future"]
)
def test_an_image_of_another_time_is_refused(client: Client, seconds: float, word: str) -> None:
    message = rgb_message(picture())
    stamp = client.node.get_clock().now() - Duration(seconds=seconds)
    message.header.stamp = stamp.to_msg()
    client.camera.publish(message)
    client.spin(0.2)
    referral = client.ask(COMMAND)
    assert referral.status == Referral.STALE_IMAGE
    assert word in referral.status_text


def test_images_without_stamps_count_from_their_reception(
    client: Client, node: NodeProcess
) -> None:
    for _ in range(2):
        client.camera.publish(rgb_message(picture()))
        client.spin(0.2)
        assert client.ask(COMMAND).status == Referral.NO_CANDIDATES
    assert sum("carry no stamp" in line for line in node.lines) == 1


def test_30_hz_of_full_hd_leave_no_backlog(client: Client) -> None:
    message = rgb_message(picture(1920, 1080))

    def publish() -> None:
        message.header.stamp = client.node.get_clock().now().to_msg()
        client.camera.publish(message)

    timer = client.node.create_timer(1 / 30, publish)
    for _ in range(5):
        client.spin(0.6)
        asked = client.node.get_clock().now()
        referral = client.ask(COMMAND)
        # an image older than a second would have been refused
        assert referral.status == Referral.NO_CANDIDATES, referral.status_text
        assert Time.from_msg(referral.header.stamp) > asked - Duration(seconds=1.0)
    client.node.destroy_timer(timer)


def test_a_reliable_camera_is_subscribed_reliably(client: Client, node: NodeProcess) -> None:
    client.node.destroy_publisher(client.camera)
    client.camera = client.publisher(Image, "/image", reliable=True)
    client.wait(lambda: any("as RELIABLE now" in line for line in node.lines))
    client.wait_for_camera()
    assert client.ask(COMMAND, rgb_message(picture())).status == Referral.NO_CANDIDATES


def test_diagnostics_tell_images_and_outcomes(client: Client) -> None:
    client.ask(COMMAND, rgb_message(picture()))
    client.health.clear()
    status = client.wait(lambda: client.health and client.health[-1].status[0])
    values = {value.key: value.value for value in status.values}
    assert status.name == "/refer"
    assert values["state"] == "active"
    assert values["last outcome"] == "NO_CANDIDATES"
    assert int(values["outcomes NO_CANDIDATES"]) >= 1
    assert int(values["image frames"]) >= 1
    client.wait(lambda: client.health[-1].status[0].level == b"\x01")
    assert "No image for" in client.health[-1].status[0].message


def test_a_burst_of_commands_gets_one_result_each(client: Client) -> None:
    client.show(rgb_message(picture()))
    sentences = [f"hand me the red mug number {n}" for n in range(50)]
    for sentence in sentences:
        client.send(sentence)
        client.spin(0.02)
    client.wait(lambda: client.results(sentences[-1]))
    client.spin(1.0)
    assert sorted(r.command for r in client.referrals) == sorted(sentences)
    assert len({referral.id for referral in client.referrals}) == len(sentences)
