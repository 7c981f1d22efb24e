"""Asking back over DDS, with the embedded models and two cameras that share them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from goals import Goals
from node_process import NodeProcess, next_domain, running_node
from pictures import rgb_message
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected
from sensor_msgs.msg import Image
from std_msgs.msg import String
from table import TABLE

DOMAIN = next_domain()
EMPTY = np.full_like(TABLE, 128)
AMBIGUOUS = "give me the mug"


@pytest.fixture(scope="module")
def node() -> Iterator[NodeProcess]:
    parameters = {"model": "demo", "max_image_age": 0.0, "cameras": "[left, right]"}
    with running_node(DOMAIN, parameters) as process:
        yield process


@pytest.fixture
def client(node: NodeProcess) -> Iterator[Client]:
    """Yield a client whose camera is the left one; the right one shows an empty table."""
    with connected(DOMAIN) as client:
        client.camera = client.publisher(Image, "/left/image")
        right = client.publisher(Image, "/right/image")
        client.wait_for_camera()
        client.wait(right.get_subscription_count)
        right.publish(rgb_message(EMPTY))
        client.show(rgb_message(TABLE))
        client.referrals.clear()  # those of earlier tests
        yield client


def ask_right(client: Client, sentence: str) -> Referral:
    publisher = client.node.create_publisher(String, "/right/command", 10)
    client.wait(publisher.get_subscription_count)
    publisher.publish(String(data=sentence))
    client.wait(lambda: client.results(sentence))
    return client.results(sentence)[-1]


def left_to_right(referral: Referral) -> list[int]:
    return sorted(box.x_offset for box in referral.boxes)


@pytest.mark.parametrize("answer", ["the left one", "um, number {number} please", "any of them"])
def test_a_follow_up_is_decided_on_the_same_image(client: Client, answer: str) -> None:
    asked = client.ask(AMBIGUOUS)
    assert asked.status == Referral.AMBIGUOUS, asked.status_text
    assert "Which mug" in asked.status_text
    offered = [c for c in asked.candidates if c.verdict == 1]
    left = min(offered, key=lambda c: c.box.x_offset)
    client.show(rgb_message(EMPTY))  # must not matter
    found = client.ask(answer.format(number=left.number))
    assert found.status == Referral.FOUND, found.status_text
    assert found.header == asked.header
    if answer != "any of them":
        assert found.boxes == [left.box]


def test_another_command_closes_the_question(client: Client) -> None:
    assert client.ask(AMBIGUOUS).status == Referral.AMBIGUOUS
    assert client.ask("grab the yellow block").status == Referral.NO_MATCH
    assert client.ask("the left one").status == Referral.INVALID_COMMAND


def test_giving_up_is_a_cancellation(client: Client) -> None:
    client.ask(AMBIGUOUS)
    assert client.ask("never mind").status == Referral.CANCELED


def test_without_time_for_it_there_is_no_dialogue(client: Client) -> None:
    assert client.set_parameter("dialogue_timeout", 0.0).successful
    client.ask(AMBIGUOUS)
    assert client.ask("the left one").status == Referral.INVALID_COMMAND
    assert client.set_parameter("dialogue_timeout", 10.0).successful


def test_each_camera_is_asked_by_its_own_topic(client: Client) -> None:
    left, right = client.ask("pick up the orange mug"), ask_right(client, "pick up the mug")
    assert (left.camera, left.status) == ("left", Referral.FOUND)
    assert (right.camera, right.status) == ("right", Referral.NO_CANDIDATES)


def test_a_follow_up_belongs_to_its_camera(client: Client) -> None:
    client.ask(AMBIGUOUS)
    assert ask_right(client, "the right one").status == Referral.INVALID_COMMAND
    assert client.ask("the right one").status == Referral.FOUND


def test_a_goal_names_its_camera(client: Client) -> None:
    goals = Goals(client)
    assert goals.ask("pick up the orange mug", camera="left")[0] == "succeeded"
    assert goals.ask("pick up the orange mug", camera="right")[1].status == Referral.NO_CANDIDATES
    goals.close()


def test_with_wait_for_image_the_next_one_is_taken(client: Client) -> None:
    assert client.set_parameter("wait_for_image", True).successful
    late = client.ask("pick up the orange mug")
    assert late.status == Referral.STALE_IMAGE
    assert "taken after the command" in late.status_text
    client.send("pick up the white bottle")
    client.spin(0.1)
    client.show(rgb_message(TABLE))
    client.wait(lambda: client.results("pick up the white bottle"))
    assert client.results("pick up the white bottle")[0].status == Referral.FOUND
    assert client.set_parameter("wait_for_image", False).successful
