"""Asking back over DDS, with the embedded models and two cameras that share them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from goals import Goals
from lifecycle_msgs.msg import Transition
from node_process import NodeProcess, next_domain, running_node
from pictures import rgb_message
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected
from sensor_msgs.msg import Image
from std_msgs.msg import String
from table import TABLE

from rex_thinker_ros.referring.log_reader import read_log

DOMAIN = next_domain()
EMPTY = np.full_like(TABLE, 128)
AMBIGUOUS = "give me the mug"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the node's decision log."""
    return tmp_path_factory.mktemp("log")


@pytest.fixture(scope="module")
def node(log: Path) -> Iterator[NodeProcess]:
    parameters = {
        "model": "demo", "max_image_age": 0.0, "cameras": "[left, right]", "log_dir": log
    }  # fmt: skip
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


def configure_anew(client: Client, **parameters: str) -> None:
    """Configure the node with other parameters, and show the table again."""
    assert client.change_state(Transition.TRANSITION_DEACTIVATE)
    assert client.change_state(Transition.TRANSITION_CLEANUP)
    for name, value in parameters.items():
        assert client.set_parameter(name, value).successful
    assert client.change_state(Transition.TRANSITION_CONFIGURE)
    assert client.change_state(Transition.TRANSITION_ACTIVATE)
    client.wait_for_camera()
    client.show(rgb_message(TABLE))


def converse(client: Client) -> list[Referral]:
    """Return what comes of a question, of answers with and without the model, and of a command."""
    sentences = (AMBIGUOUS, "the orange one", AMBIGUOUS, "the left one", "pick up the orange mug")
    return [client.ask(sentence) for sentence in sentences]


def what_was_decided(referral: Referral) -> list[object]:
    return [
        referral.status, referral.status_text, referral.boxes, referral.candidates,
        referral.reasoning, referral.confidence,
    ]  # fmt: skip


def test_the_decision_log_answers_in_place_of_the_models(client: Client, log: Path) -> None:
    decided = converse(client)
    assert {Referral.AMBIGUOUS, Referral.FOUND} <= {referral.status for referral in decided}
    last = decided[-1].id
    client.wait(lambda: last in {one.record.id for one in read_log(log, lambda text: None)})
    configure_anew(client, model="recorded", recording=str(log), log_dir="")
    try:
        again = converse(client)
        assert list(map(what_was_decided, again)) == list(map(what_was_decided, decided))
        assert {referral.model for referral in again} == {"recorded"}
        unknown = client.ask("pick up the purple bottle")
        assert unknown.status == Referral.MODEL_ERROR
        assert unknown.status_text.startswith("The prompt changed since it was recorded: the ")
    finally:
        configure_anew(client, model="demo", recording="", log_dir=str(log))
