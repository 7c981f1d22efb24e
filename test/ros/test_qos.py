"""What the image subscription asks for, between real nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from node_process import StartNode, next_domain
from rcl_interfaces.srv import ListParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import ReliabilityPolicy
from ros_client import Client
from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.ros.qos import ImageSubscription

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
Subscribe = Callable[..., ImageSubscription]


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client(next_domain())
    client.node.destroy_publisher(client.camera)
    client.spin(0.1)
    yield client
    client.close()


@pytest.fixture
def subscribe(client: Client) -> Iterator[Subscribe]:
    nodes: list[Node] = []

    def start(
        image_qos: str = "auto",
        kind: type[Image | CompressedImage] = Image,
        overrides: dict[str, object] | None = None,
        arguments: list[str] | None = None,
    ) -> ImageSubscription:
        given = [Parameter(name, value=value) for name, value in (overrides or {}).items()]
        node = Node(
            "subscriber",
            context=client.node.context,
            parameter_overrides=given,
            cli_args=["--ros-args", *(arguments or [])],
        )
        nodes.append(node)
        client.add(node)
        subscription = ImageSubscription(node, kind, "image", image_qos)
        subscription.start()
        return subscription

    yield start
    for node in nodes:
        node.destroy_node()


@pytest.mark.parametrize(
    ("image_qos", "offered", "asked"),
    [
        ("auto", [], BEST_EFFORT),
        ("auto", [True], RELIABLE),
        ("auto", [False], BEST_EFFORT),
        ("auto", [True, False], BEST_EFFORT),
        ("auto", [True, True], RELIABLE),
        ("reliable", [True, False], RELIABLE),
        ("best_effort", [True], BEST_EFFORT),
    ],
    ids=str,
)
def test_it_asks_for_what_all_publishers_offer(
    client: Client,
    subscribe: Subscribe,
    image_qos: str,
    offered: list[bool],
    asked: ReliabilityPolicy,
) -> None:
    subscription = subscribe(image_qos)
    for reliable in offered:
        client.publisher(Image, "/image", reliable=reliable)
    client.wait(lambda: subscription.publishers() == len(offered))
    client.wait(lambda: subscription.reliability is asked)
    client.spin(1.2)  # the next look at the publishers changes nothing
    assert subscription.reliability is asked
    deaf = asked is RELIABLE and False in offered
    assert bool(subscription.mismatch()) == deaf


def test_it_follows_publishers_that_change(client: Client, subscribe: Subscribe) -> None:
    subscription = subscribe()
    reliable = client.publisher(Image, "/image", reliable=True)
    client.wait(lambda: subscription.reliability is RELIABLE)
    client.node.destroy_publisher(reliable)
    client.publisher(Image, "/image")
    client.wait(lambda: subscription.reliability is BEST_EFFORT)


def test_the_standard_overrides_win(client: Client, subscribe: Subscribe) -> None:
    prefix = "qos_overrides./image.subscription"
    subscription = subscribe(overrides={f"{prefix}.reliability": "reliable", f"{prefix}.depth": 3})
    client.publisher(Image, "/image")
    client.wait(subscription.mismatch)
    (found,) = client.node.get_subscriptions_info_by_topic("/image")
    assert found.qos_profile.reliability is RELIABLE


@pytest.mark.parametrize(
    ("arguments", "topic"),
    [
        ([], "/image/compressed"),
        (["-r", "image:=/camera/color"], "/camera/color/compressed"),
        (["-r", "image/compressed:=/elsewhere"], "/elsewhere"),
        (["-r", "__ns:=/robot"], "/robot/image/compressed"),
    ],
    ids=["plain", "image remapped", "compressed remapped", "namespace"],
)
def test_compressed_images_come_from_beside_the_raw_ones(
    client: Client, subscribe: Subscribe, arguments: list[str], topic: str
) -> None:
    subscription = subscribe(kind=CompressedImage, arguments=arguments)
    assert subscription.topic == topic
    client.wait(lambda: client.node.count_subscribers(topic))


def test_every_topic_of_the_node_can_be_overridden(start_node: StartNode) -> None:
    domain = next_domain()
    process = start_node(domain, {"autostart": False})
    client = Client(domain)
    client.wait(lambda: client.node.count_publishers("/refer/referral"))
    listed = client.call(ListParameters, "list_parameters", ListParameters.Request())
    names = set(listed.result.names)
    publishers = (
        "refer/referral", "refer/reasoning", "refer/annotated", "refer/markers",
        "refer/pick_point", "diagnostics",
    )  # fmt: skip
    assert names >= {f"qos_overrides./{name}.publisher.reliability" for name in publishers}
    assert "qos_overrides./command.subscription.depth" in names
    client.close()
    assert process.stop() == 0
